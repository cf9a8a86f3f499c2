// A controller and a real agent: what is asked for is done once, and its whole stream arrives, whatever the connection does.
import { uuidv7 } from 'uuidv7';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../../../deploy/demo/run_program.js';
import {
  startTestController,
  type TestController,
  type TestControllerOptions,
} from '../../../helpers/controller/test_controller.js';
import type { AgentHost, HostWish } from '../../../helpers/agent/agent_host.js';
import { gatedRelease, openGate } from '../../../helpers/agent/gated_release.js';
import { useHosts } from '../../upgrade/hosts.js';

const hosts = useHosts({ releases: [gatedRelease] });

async function open(options: TestControllerOptions & Pick<HostWish, 'makeKeys'> = {}) {
  const controller = await startTestController(options);
  onTestFinished(() => controller.close());
  const host = await hosts.open({ agentKeys: controller.agentKeys, ...pickKeys(options) });
  await controller.until(() => controller.reports().length > 0);
  return { controller, host };
}

const pickKeys = ({ makeKeys }: Pick<HostWish, 'makeKeys'>) => (makeKeys === undefined ? {} : { makeKeys });

async function expectWholeStream({ streams }: TestController, { host, id }: { host: AgentHost; id: string }) {
  const stream = streams.get(id);
  expect(stream?.seamless).toBe(true);
  expect(stream?.events[0]).toMatchObject({ type: 'begin', config: null });
  const followed = await (await host.connect()).follow(id);
  expect(stream?.events).toEqual(followed.events);
  expect(new Map([...(stream?.outputs ?? [])].map(([key, { text }]) => [key, text]))).toEqual(followed.outputs);
}

const saysLine = ({ streams }: TestController, id: string, line: string) =>
  [...(streams.get(id)?.outputs.values() ?? [])].some(({ text }) => text.includes(line));

test('a stream arrives whole though the connection is cut again and again, and its offer is repeated', async () => {
  let streamed = 0;
  const cuts = [1, 8, 30];
  const { controller, host } = await open({
    // These frames of the stream are lost with their connections.
    admits: (frame) => frame.type !== 'stream' || !cuts.includes((streamed += 1)),
  });
  const { id, answer } = await controller.offer({ version: 'v0.4.0' });
  expect(answer).toMatchObject({ type: 'answer', upgrade: id, error: null });
  expect(await controller.result(id)).toMatchObject({ status: 'success', current_version: 'v0.4.0' });
  expect(controller.links.length).toBe(cuts.length + 1);
  await expectWholeStream(controller, { host, id });
  await controller.until(() => controller.links.at(-1)?.frames.some(({ type }) => type === 'streams') === true);
  expect((await controller.offer({ id, version: 'v0.4.0' })).answer).toMatchObject({ upgrade: id, error: null });
  expect((await host.look()).hookRuns.length).toBe(new Set((await host.look()).hookRuns).size);
});

test('a line that a hook prints arrives while the hook still runs; what operators do is sent too', async () => {
  const { controller, host } = await open();
  const client = await host.connect();
  const id = await client.ask({ version: 'v0.2.9' });
  await controller.until(() => saysLine(controller, id, 'waiting at the gate'));
  expect(saysLine(controller, id, 'through the gate')).toBe(false);
  openGate(host);
  expect(await controller.result(id)).toMatchObject({ status: 'success' });
  await expectWholeStream(controller, { host, id });
  await client.command({ type: 'rollback', restore_database: false });
  expect(await controller.result(id, 2)).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
  expect(controller.streams.get(id)?.seamless).toBe(true);
});

describe('a controller', () => {
  test('is held to what the tenant’s file allows, and to the time that an offer may wait', async () => {
    const { controller, host } = await open();
    const before = await host.look();
    const downgrade = await controller.offer({ version: 'v0.1.0', allow_downgrade: true });
    expect(downgrade.answer).toMatchObject({
      error: { code: 'not-allowed-remotely', hint: expect.stringContaining('allow_remote: [downgrade]') },
    });
    const late = await controller.offer({ version: 'v0.4.0', startWithinMs: 0 });
    expect(await controller.result(late.id)).toMatchObject({ status: 'refused', failure: { code: 'expired' } });

    const about = { request_id: 'r1', tenant: 'testsite' };
    const rollback = {
      ...about,
      type: 'rollback',
      id: uuidv7(),
      start_within_ms: 1000,
      restore_database: true,
    } as const;
    expect(await controller.ask(rollback)).toMatchObject({ error: { code: 'not-allowed-remotely' } });

    const id = uuidv7();
    const cancel = { ...about, type: 'cancel', id, force: false } as const;
    expect(await controller.ask({ ...cancel, request_id: 'r2' })).toMatchObject({ upgrade: null, error: null });
    expect(await controller.ask({ ...cancel, request_id: 'r3' })).toMatchObject({ upgrade: null, error: null });
    expect((await controller.offer({ id, version: 'v0.4.0' })).answer).toMatchObject({ error: { code: 'cancelled' } });
    expect(await controller.ask({ ...cancel, request_id: 'r4', id: late.id })).toMatchObject({
      error: { code: 'nothing-to-do' },
    });
    expect(await host.look()).toEqual(before);
  });

  test('has a rollback done once per id', async () => {
    const { controller, host } = await open({ makeKeys: () => ({ allow_remote: ['rollback'] }) });
    const { id } = await controller.offer({ version: 'v0.2.0' });
    expect(await controller.result(id)).toMatchObject({ status: 'success' });
    const asked = { type: 'rollback', id: uuidv7(), tenant: 'testsite', restore_database: false } as const;
    const rollBack = (request_id: string, start_within_ms: number) =>
      controller.ask({ ...asked, request_id, start_within_ms });
    expect(await rollBack('r0', 0)).toMatchObject({ error: { code: 'expired' } });
    expect(await rollBack('r1', 60_000)).toMatchObject({ upgrade: id, error: null });
    expect(await rollBack('r2', 60_000)).toMatchObject({ upgrade: id, error: null });
    expect(await controller.result(id, 2)).toMatchObject({ status: 'rolled_back' });
    await host.stop();
    await host.start();
    await controller.until(() => controller.links[1]?.frames.some(({ type }) => type === 'streams') === true);
    expect(await rollBack('r3', 60_000)).toMatchObject({ upgrade: id, error: null });
    expect(controller.streams.get(id)?.events.filter(({ type }) => type === 'rollback')).toHaveLength(1);
  });

  test('sees within seconds when somebody moves a work tree by hand', async () => {
    const { controller, host } = await open();
    const { id } = await controller.offer({ version: 'v0.2.0' });
    await controller.result(id);
    const latest = () => controller.reports().at(-1)?.tenants[0];
    await controller.until(() => latest()?.version === 'v0.2.0' && latest()?.state === 'idle');
    await controller.until(() => latest()?.drift === null && latest()?.head === latest()?.commit);
    const { appDir } = host.tenant;
    await runProgram(['git', '-c', `safe.directory=${appDir}`, 'checkout', '--quiet', 'v0.1.0'], { cwd: appDir });
    await controller.until(() => latest()?.drift !== null);
    expect(latest()?.drift).toMatch(/^the work tree is at [0-9a-f]{12}, not at v0\.2\.0 \([0-9a-f]{12}\)$/);
  });
});
