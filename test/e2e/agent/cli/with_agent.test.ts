// The commands of `drover-agent` where an agent runs, as an operator types them.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventSchema } from '../../../../shared/model/journal/events.js';
import { resultSchema } from '../../../../shared/model/result.js';
import type { HostWish } from '../../../helpers/agent/agent_host.js';
import { openGate } from '../../../helpers/agent/gated_release.js';
import { showTerminal } from '../../../helpers/operations/show_terminal.js';
import { parseOutput, statusSchema, useCliHosts } from './run_cli.js';

const hosts = useCliHosts();

async function openWithAgent(wish: HostWish = {}) {
  const host = await hosts.open({ inProcess: true, ...wish });
  const agent = await host.start();
  return { host, agent };
}

describe('with a running agent', () => {
  test('plan says by its exit code whether there is something to do, and what is in the way', async () => {
    const { host } = await openWithAgent({ hasService: false });
    expect(await host.cli('plan', 'testsite', 'v0.1.0')).toMatchObject({ exitCode: 0 });
    expect(await host.cli('plan', 'testsite')).toMatchObject({ exitCode: 10 });
    expect(await host.cli('plan', 'testsite', 'v9.9.9')).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining('there is no tag v9.9.9'),
    });
  });

  test('upgrade prints the stream to a pipe, and logs, history and status know it afterwards', async () => {
    const { host } = await openWithAgent();
    const { exitCode, stdout } = await host.cli('upgrade', 'testsite', 'v0.2.0');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('         | === Release hook: v0.2.0 ===');
    expect(stdout).toContain('✓ success: testsite is on v0.2.0');
    expect(stdout).not.toContain('\u001b');

    const { stdout: stream } = await host.cli('logs', 'testsite');
    expect(stdout.startsWith(stream)).toBe(true);
    expect(stream).toMatch(/== success\n$/);
    const { stdout: history } = await host.cli('hooks', 'history', 'testsite');
    expect(history).toMatch(/post-pull +v0\.2\.0\.sh +[0-9a-f]{12} +\d+\.\d s +OK /);
    expect((await host.cli('status')).stdout).toMatch(/^testsite +v0\.2\.0 +[0-9a-f]{12} +success, .* idle$/m);
  });

  test('upgrade --json prints the result and nothing else', async () => {
    const { host } = await openWithAgent();
    const { exitCode, stdout, stderr } = await host.cli('--json', 'upgrade', 'testsite', 'v0.2.0');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(parseOutput(resultSchema.strict(), stdout)).toMatchObject({
      status: 'success',
      hooks_executed: ['post-pull: v0.2.0.sh - OK'],
    });
  });

  test('logs --json prints one object per line, and no configuration', async () => {
    const { host } = await openWithAgent();
    await host.cli('upgrade', 'testsite', 'v0.2.0');
    const { stdout } = await host.cli('logs', 'testsite', '--json');
    const line = z.object({ event: eventSchema.optional(), output: z.object({ text: z.string() }).optional() });
    const items = stdout
      .trimEnd()
      .split('\n')
      .map((text) => parseOutput(line, text));
    expect(items[0]?.event).toMatchObject({ type: 'begin', config: null });
    expect(items.at(-1)?.event?.type).toBe('finish');
    expect(items.some(({ output }) => output?.text.includes('Release hook: v0.2.0') === true)).toBe(true);
  });

  test('rollback shows what comes after it, to its own end', async () => {
    const { host } = await openWithAgent();
    const before = await host.look();
    await host.cli('upgrade', 'testsite', 'v0.2.0');
    const { exitCode, stdout } = await host.cli('rollback', 'testsite');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('↩ rolled back: testsite is on v0.1.0 again');
    expect(stdout).not.toContain('6/14 checkout');
    expect((await host.look()).head).toBe(before.head);
    expect(await host.cli('rollback', 'testsite')).toMatchObject({ exitCode: 2 });
  });

  test('marks survive an upgrade and its rollback as they are by then, and so do their requests', async () => {
    const { host } = await openWithAgent({ hasService: false });
    const mark = (...rest: string[]) => host.cli('hooks', 'mark', 'testsite', ...rest);
    await mark('v0.1.2', '--done', '--reason', 'run by hand');
    await host.cli('upgrade', 'testsite', 'v0.2.0');
    const upgraded = (await host.look()).record;
    expect(upgraded).toMatchObject({ version: 'v0.2.0', marks: [{ tag: 'v0.1.2' }] });
    expect(upgraded?.marked_by).toHaveLength(1);
    await mark('v0.1.2', '--clear');
    await mark('v0.2.0', '--skipped', '--reason', 'not on this host');
    expect(await host.cli('rollback', 'testsite')).toMatchObject({ exitCode: 0 });
    const { record } = await host.look();
    expect(record).toMatchObject({ version: 'v0.1.0', marks: [{ tag: 'v0.2.0', as: 'skipped' }] });
    expect(record?.marks).toHaveLength(1);
    expect(record?.marked_by).toHaveLength(3);
    const { stdout } = await host.cli('hooks', 'list', 'testsite', 'v0.2.0');
    expect(stdout).toMatch(/v0\.2\.0\.sh .* does not run: marked skipped \(not on this host\)/);
  });

  test('Ctrl-C leaves the upgrade to the agent, and says how to come back', async () => {
    const { host } = await openWithAgent();
    const upgrade = host.begin('upgrade', 'testsite', 'v0.2.9');
    await upgrade.prints('waiting at the gate');
    upgrade.kill('SIGINT');
    expect(await upgrade.done).toMatchObject({
      exitCode: 130,
      stderr: expect.stringMatching(/^ {2}drover-agent logs [0-9a-f-]{36} -f {3}follows it$/m),
    });
    expect((await host.cli('status')).stdout).toContain('running: hooks-post-pull');
    const following = host.begin('logs', 'testsite', '--follow');
    await following.prints('waiting at the gate');
    openGate(host);
    expect(await following.done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('through the gate') });
  });

  test('on a terminal upgrade shows what is under way in a line that gives way, and Ctrl-C only stops watching', async () => {
    const { host } = await openWithAgent();
    const upgrade = host.beginOnTerminal('upgrade', 'testsite', 'v0.2.9');
    await upgrade.prints('7/14 hooks-post-pull');
    await upgrade.prints('waiting at the gate');
    upgrade.type('\u0003');
    const { exitCode, stdout: left } = await upgrade.done;
    expect(exitCode).toBe(130);
    expect(showTerminal(left)).toMatch(
      /✓ {2}6\/14 checkout .*\n(.*\n)* {4}post-pull: v0\.2\.9\.post-pull\.sh\n {4}│ waiting at the gate\n/,
    );
    expect(showTerminal(left)).toMatch(/^ {2}drover-agent logs [0-9a-f-]{36} -f {3}follows it$/m);

    const following = host.beginOnTerminal('logs', 'testsite', '--follow');
    await following.prints('waiting at the gate');
    openGate(host);
    const { stdout: stream } = await following.done;
    expect(stream).toContain('through the gate');
    expect(showTerminal(stream)).not.toContain('…');
  });

  test('a reader that goes (| head) ends the command quietly, and not the upgrade', async () => {
    const { host } = await openWithAgent();
    const upgrade = host.begin('upgrade', 'testsite', 'v0.2.9');
    await upgrade.prints('waiting at the gate');
    upgrade.stopReading();
    openGate(host);
    expect(await upgrade.done).toMatchObject({ exitCode: 141, stderr: '' });
    const following = await host.cli('logs', 'testsite', '--follow');
    expect(following.stdout).toContain('== success');
  });

  test('cancel waits for the end, which the upgrade’s own command reports too', async () => {
    const { host } = await openWithAgent();
    const upgrade = host.begin('upgrade', 'testsite', 'v0.2.9');
    await upgrade.prints('waiting at the gate');
    const { exitCode, stdout } = await host.cli('cancel', 'testsite', '--json');
    expect(exitCode).toBe(0);
    expect(parseOutput(resultSchema, stdout)).toMatchObject({ status: 'cancelled', current_version: 'v0.1.0' });
    expect(await upgrade.done).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('↩ cancelled: testsite is on v0.1.0'),
    });
    expect(await host.cli('cancel', 'testsite')).toMatchObject({ exitCode: 2 });
  });

  test('a marked hook is listed as one that does not run, and the mark can be taken away', async () => {
    const { host } = await openWithAgent({ hasService: false });
    const marking = await host.cli('hooks', 'mark', 'testsite', 'v0.2.0', '--done', '--reason', 'run by hand');
    expect(marking).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('marked done') });
    const list = () => host.cli('hooks', 'list', 'testsite', 'v0.2.0');
    expect((await list()).stdout).toMatch(/v0\.2\.0\.sh .* does not run: marked done \(run by hand\)/);
    expect((await host.cli('status', 'testsite')).stdout).toMatch(/mark +v0\.2\.0 all phases: done \(run by hand\)/);
    expect(await host.cli('hooks', 'mark', 'testsite', 'v0.2.0', '--clear')).toMatchObject({ exitCode: 0 });
    expect((await list()).stdout).not.toContain('does not run');
  });

  test('a second agent is refused, and the first ends when it is asked to', async () => {
    const { host, agent } = await openWithAgent({ inProcess: false, hasService: false });
    expect(await host.begin('run').done).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('another agent runs'),
    });
    expect(parseOutput(statusSchema, (await host.cli('status', '--json')).stdout).agent).toBe(true);
    await agent.end('SIGTERM');
    expect(parseOutput(statusSchema, (await host.cli('status', '--json')).stdout).agent).toBe(false);
  });
});
