// The command line: its help, and what is wrong with words that mean nothing.
import { describe, expect, it } from 'vitest';
import { commands } from '../../../../agent/cli/commands.js';
import { agentProgram } from '../../../../agent/cli/agent_program.js';
import { runProgram } from '../../../../shared/terminal/program.js';
import { fakeWorld } from './fake_world.js';

async function run(...words: string[]) {
  const { world, stdout, stderr } = fakeWorld();
  const exitCode = await runProgram(words, { world, program: agentProgram });
  return { exitCode, stdout: stdout.written, stderr: stderr.written };
}

describe('help', () => {
  it('lists every command that is no part of a group', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    for (const { name } of commands.filter(({ name }) => !name.includes(' '))) expect(stdout).toContain(`\n  ${name} `);
  });

  it.each(commands.map(({ name }) => name))(
    'of %s has its options, examples or explanation, and exit codes',
    async (name) => {
      const { exitCode, stdout, stderr } = await run(...name.split(' '), '--help');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain(`Usage: drover-agent ${name} `);
      expect(stdout).toContain('Exit codes: 0 ');
    },
  );

  it('can be asked for by `help` too, with the options of the command', async () => {
    expect((await run('help', 'upgrade')).stdout).toContain('--allow-downgrade');
  });

  it('is the answer to no command at all, as a usage error', async () => {
    const { exitCode, stdout, stderr } = await run();
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: drover-agent');
  });

  it('has the version beside it', async () => {
    expect(await run('--version')).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
  });
});

describe('a usage error', () => {
  it.each([
    [['upgrde', 'testsite'], 'unknown command'],
    [['upgrade'], "missing required argument 'tenant'"],
    [['upgrade', 'testsite', 'v1.0.0', 'v2.0.0'], 'too many arguments'],
    [['upgrade', 'testsite', '--frce'], "unknown option '--frce'"],
    [['upgrade', 'testsite', '--from'], 'argument missing'],
    [['upgrade', '../etc'], '"../etc" is no name of a tenant'],
    [['upgrade', 'testsite', '--commit', 'abc'], '--commit'],
    [['logs', 'NoTenant'], '"NoTenant" is neither the id of an upgrade nor a tenant'],
    [['cancel', 'NoTenant'], '"NoTenant" is neither the id of an upgrade nor a tenant'],
    [['upgrade', 'testsite', '--detach'], "unknown option '--detach'"],
    [['hooks', 'mark', 'testsite', 'v0.4.0'], 'choose one of'],
    [['hooks', 'mark', 'testsite', 'v0.4.0', '--done', '--clear'], 'choose one of'],
    [['hooks', 'mark', 'testsite', 'v0.4.0', '--done'], 'needs a reason'],
    [['hooks', 'mark', 'testsite', 'v0.4.0', '--clear', '--phase', 'late'], '--phase late'],
  ])('%j is said in one sentence, with exit code 2', async (words, message) => {
    const { exitCode, stdout, stderr } = await run(...words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^drover-agent: /);
    expect(stderr).toContain(message);
  });

  it('is an object under --json', async () => {
    const { exitCode, stdout, stderr } = await run('status', '--bogus', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage', message: "unknown option '--bogus'" } });
  });

  it('is not said twice', async () => {
    const { stderr } = await run('status', '--bogus');
    expect(stderr.split('--bogus')).toHaveLength(2);
  });
});

it('names a configuration that is not there', async () => {
  expect(await run('status', '--config', '/nowhere/agent.yaml')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('/nowhere/agent.yaml: does not exist'),
  });
});
