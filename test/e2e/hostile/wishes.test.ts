// A controller that asks for what it may not have: lower versions by any name, and rollbacks of what succeeded.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uuidv7 } from 'uuidv7';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
} from '../../helpers/agent/agent_host.js';
import { startTestController, type TestController } from '../../helpers/controller/test_controller.js';
import { hookScript } from '../upgrade/hosts.js';

/** Nothing of the tenant but its code. */
const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none' };

const hook = (tag: string) => ({ [`release/${tag}.sh`]: hookScript('post-pull', 'true') });

let template: HostTemplate;
let controller: TestController;
let host: AgentHost;
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
  await host.start();
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
