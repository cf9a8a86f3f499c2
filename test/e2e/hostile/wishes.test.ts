// A controller that asks for what it may not have: lower versions by any name, rollbacks of what succeeded, and too much.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uuidv7 } from 'uuidv7';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
} from '../../helpers/agent/agent_host.js';
import type { AgentProcess } from '../../helpers/agent/agent_process.js';
import type { ControllerFrame } from '../../../shared/wire/protocol.js';
import { agentLimits } from '../../../agent/limits.js';
import { countChildren, sizeOf } from '../../helpers/machine/measure.js';
import { startTestController, type TestController } from '../../helpers/controller/test_controller.js';
import { seeChange } from '../../helpers/see_change.js';
import { hookScript } from '../upgrade/hosts.js';

/** Nothing of the tenant but its code. */
const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none' };

const hook = (tag: string) => ({ [`release/${tag}.sh`]: hookScript('post-pull', 'true') });

let template: HostTemplate;
let controller: TestController;
let host: AgentHost;
let agent: AgentProcess;
beforeAll(async () => {
  template = await makeTemplate();
  for (const tag of ['v0.0.9.9', 'v0.1.0-rc.1', 'v0.1', 'v9.0.0.beta', 'web-v9.0.0']) {
    await addReleaseOn(template.repository, { base: 'v0.1.0', tag }, hook(tag));
  }
  await addReleaseOn(template.repository, { base: 'v9.0.0.beta', tag: 'v9.0.0.gamma' }, hook('v9.0.0.gamma'));
  controller = await startTestController();
  host = await makeAgentHost(template, {
    agentKeys: controller.agentKeys,
    makeKeys: () => ({ ...bare, tag_pattern: '^[a-z0-9.-]+$' }),
    hasService: false,
  });
  agent = await host.start();
  await controller.until(() => controller.reports().length > 0);
});
afterAll(async () => {
  await host.close();
  await controller.close();
  await template.remove();
});

/** In the answer, or in the result of what was accepted. */
async function refusalOf(wish: Parameters<TestController['offer']>[0]) {
  const { id, answer } = await controller.offer(wish);
  return answer.error ?? (await controller.result(id)).failure;
}

const rollBack = () =>
  controller.ask({
    type: 'rollback',
    request_id: uuidv7(),
    id: uuidv7(),
    tenant: 'testsite',
    restore_database: false,
    start_within_ms: 60_000,
  });

describe('a controller without rights takes a tenant upwards only', () => {
  test.each(['v0.0.9.9', 'v0.1.0-rc.1', 'v0.1', 'v9.0.0.beta', 'web-v9.0.0'])(
    'not to %s, which is lower than v0.1.0, or not known to be higher',
    async (version) => {
      const before = await host.look();
      for (const wish of [{ version }, { version, force: true }]) {
        expect(await refusalOf(wish)).toMatchObject({ code: 'downgrade' });
      }
      expect(await refusalOf({ version, allow_downgrade: true })).toMatchObject({ code: 'not-allowed-remotely' });
      expect(await host.look()).toEqual(before);
    },
  );

  test('not back by rolling back what succeeded, however often it asks', async () => {
    for (const version of ['v0.2.0', 'v0.3.0']) {
      const { id } = await controller.offer({ version });
      expect(await controller.result(id)).toMatchObject({ status: 'success', failure: null, current_version: version });
    }
    const before = await host.look();
    for (const _ of [1, 2]) {
      expect(await rollBack()).toMatchObject({
        error: { code: 'not-allowed-remotely', hint: expect.stringContaining('allow_remote: [rollback]') },
      });
    }
    expect(await host.look()).toEqual(before);
  });
});

test('an operator of the host goes to a tag that cannot be compared, and the plan names the hooks that are left out', async () => {
  const client = await host.connect();
  const wish = { version: 'v9.0.0.gamma', allow_downgrade: true };
  const { kind, crossed, hooks, warnings } = await client.plan(wish);
  expect({ kind, crossed, hooks: hooks.map(({ file }) => file) }).toEqual({
    kind: 'upgrade',
    crossed: ['v9.0.0.gamma'],
    hooks: ['v9.0.0.gamma.sh'],
  });
  expect(warnings).toContainEqual(
    expect.stringMatching(/^v9\.0\.0\.gamma cannot be compared .* left out are those of v9\.0\.0\.beta$/),
  );
  expect((await client.follow(await client.ask(wish))).result).toMatchObject({ status: 'success' });
});

const many = (count: number) => Array.from({ length: count }, () => uuidv7());
const filesOf = () => readdirSync(host.stateFolder, { recursive: true }).length;
const cancelOf = (id: string) => ({ type: 'cancel', request_id: id, id, tenant: 'testsite', force: false }) as const;

/** Sends all at once; returns the errors of the answers, in the order in which these came. */
async function askAll(frames: readonly ControllerFrame[]) {
  const link = controller.links.at(-1);
  const before = link?.frames.length ?? 0;
  for (const frame of frames) controller.send(frame);
  const answers = () =>
    link?.frames
      .slice(before)
      .flatMap((frame) => (frame.type === 'answer' || frame.type === 'plan_result' ? [frame.error?.code] : [])) ?? [];
  await controller.until(
    () => (link?.frames.length ?? 0) - before >= frames.length && answers().length === frames.length,
  );
  return answers();
}

describe('what a host refuses leaves next to nothing:', () => {
  beforeAll(async () => {
    // The cleanup of an upgrade goes on after its end.
    const exports = path.join(host.stateFolder, 'exports');
    await seeChange(exports, () => readdirSync(exports).length === 0);
  });

  test('a hundred upgrades of unknown tenants', async () => {
    const before = { bytes: await sizeOf(host.stateFolder), files: filesOf() };
    const ids = many(100);
    const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
    const offers = ids.map((id) => {
      return { type: 'upgrade', id, tenant: `unknown-${id.slice(-6)}`, request, start_within_ms: 60_000 } as const;
    });
    expect(new Set(await askAll(offers))).toEqual(new Set(['unknown-tenant']));
    expect((await sizeOf(host.stateFolder)) - before.bytes).toBeLessThan(100 * 100);
    expect(filesOf() - before.files).toBeLessThanOrEqual(1);
    // For good, also for the next agent.
    const links = controller.links.length;
    await host.stop();
    agent = await host.start();
    await controller.until(() => controller.links[links]?.frames.some(({ type }) => type === 'report') === true);
    const { answer } = await controller.offer({ id: ids[0] ?? '', version: 'v0.4.0' });
    expect(answer).toMatchObject({ error: { code: 'unknown-tenant', message: expect.stringContaining('never runs') } });
  });

  test('many cancels of unknown upgrades: some are remembered, others are answered with busy', async () => {
    const files = filesOf();
    const ids = many(agentLimits.requestsPerMinute.max + 400);
    const codes = await askAll(ids.map(cancelOf));
    const taken = codes.filter((code) => code === undefined).length;
    expect(taken).toBeGreaterThanOrEqual(agentLimits.requestsPerMinute.max);
    expect(new Set(codes)).toEqual(new Set([undefined, 'busy']));
    expect(filesOf()).toBe(files);
    const lines = readFileSync(path.join(host.stateFolder, 'tombstones'), 'utf8').trim().split('\n');
    expect(lines.filter((line) => line.endsWith(' cancelled'))).toHaveLength(taken);
    const { answer } = await controller.offer({ id: ids[0] ?? '', version: 'v0.1.0' });
    expect(answer).toMatchObject({ error: { code: 'cancelled' } });
  });

  test('forty plans at once, which are made a few at a time', async () => {
    const files = filesOf();
    const request = { version: 'v0.3.0', force: true, allow_downgrade: false, from: null, commit: null };
    const plans = many(40).map((request_id) => ({ type: 'plan', request_id, tenant: 'testsite', request }) as const);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, countChildren(agent.pid));
    }, 5);
    const codes = await askAll(plans).finally(() => clearInterval(watch));
    expect(new Set(codes)).toEqual(new Set([undefined]));
    expect(most).toBeLessThan(8 * agentLimits.plansAtOnce.max);
    expect(filesOf()).toBe(files);
  });
});
