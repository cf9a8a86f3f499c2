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
    for (const flag of ['--version', '-V']) {
      expect(await run(flag)).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
    }
    expect(JSON.parse((await run('--version', '--json')).stdout)).toEqual({ version: '1.2.3' });
  });

  it('is an object under --json where a command is missing', async () => {
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject({ error: { message: 'a command is missing' } });
  });
});

describe('a usage error', () => {
  it.each([
    [['upgrde', 'testsite'], 'unknown command'],
    [['hooks', 'lst'], "unknown command 'lst' (Did you mean list?)\n  `drover-agent hooks --help`"],
    [['upgrade'], '`drover-agent upgrade` wants a tenant\n  Usage: drover-agent upgrade <tenant> [version]\n'],
    [['upgrade', 'testsite', 'v1', 'v2', 'v3'], '`drover-agent upgrade` does not take "v2" "v3"\n  Usage: '],
    [['upgrade', 'testsite', '--frce'], '`drover-agent upgrade` has no option --frce; did you mean --force?\n'],
    [['upgrade', 'testsite', '--from'], '--from wants a value: --from <tag>'],
    [['--force', 'upgrade', 'testsite'], '--force belongs after its command\n  `drover-agent upgrade … --force`'],
    [['--folow', 'logs', 'x'], 'unknown option --folow; did you mean --follow? It belongs after its command\n'],
    [['--jsno', 'status'], 'unknown option --jsno; did you mean --json?'],
    [['-v'], 'unknown option -v; did you mean --version?'],
    [
      ['upgrade', 'a', '--version', 'v1'],
      'has no option --version\n  The version follows the tenant: `drover-agent upgrade a v1`',
    ],
    [['upgrade', '--version=v1', 'a', '--force'], 'follows the tenant: `drover-agent upgrade a --force v1`'],
    [['plan', '--version', 'v1', 'a'], 'follows the tenant: `drover-agent plan a v1`'],
    [['run', '--version'], 'has no option --version\n  `drover-agent --version` prints the version of the program'],
    [['upgrade', 'a', '--versoin', 'v1'], 'has no option --versoin\n'],
    [['upgrade', '../etc'], '"../etc" is no name of a tenant'],
    [['upgrade', 'testsite', '--commit', 'abc'], '--commit'],
    [['logs', 'NoTenant'], '"NoTenant" is neither the id of an upgrade nor a tenant'],
    [['cancel', 'NoTenant'], '"NoTenant" is neither the id of an upgrade nor a tenant'],
    [['upgrade', 'testsite', '--detach'], 'has no option --detach'],
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
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'usage', message: '`drover-agent status` has no option --bogus' },
    });
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
