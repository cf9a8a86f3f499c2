// What an agent tells its controller of one tenant names no other tenant of the host: who sees the one may not see the other.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import { makeAgentHost, makeTemplate, type AgentHost } from '../../helpers/agent/agent_host.js';
import { startTestController, type TestController } from '../../helpers/controller/test_controller.js';

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
const none = { services: 'none', requirements: 'none', database: 'none', migrations: 'none', health: 'none' };

let controller: TestController;
let host: AgentHost;

beforeAll(async () => {
  controller = await startTestController();
  host = await makeAgentHost(await makeTemplate(), { agentKeys: controller.agentKeys, makeKeys: () => none });
  await host.start({});
  await controller.until(() => controller.reports().length > 0);
});
afterAll(async () => {
  await host.close();
  await controller.close();
});

const told = () => JSON.stringify(controller.links.flatMap(({ frames }) => frames));
const problemsOf = (slug: string) =>
  controller
    .reports()
    .at(-1)
    ?.tenants.find((tenant) => tenant.slug === slug)?.problems ?? [];

test('neither the plan of a tenant that there is not, nor a tenant that shares something with another', async () => {
  const plan = (tenant: string) => controller.ask({ type: 'plan', request_id: makeId(), tenant, request });
  expect((await plan('hidden')).error).toEqual({
    code: 'unknown-tenant',
    message: 'its host has no tenant hidden now',
    hint: '`drover-agent status` there lists its tenants.',
  });
  const { configFile } = host.tenant;
  const other = path.join(path.dirname(configFile), 'other.yaml');
  writeFileSync(other, readFileSync(configFile, 'utf8').replace(/^slug: .*$/m, 'slug: other'), { mode: 0o600 });
  await controller.until(() => problemsOf('testsite').length > 0 && problemsOf('other').length > 0);
  const shared = {
    message: 'testsite shares a folder, a database, a backup or a unit with another tenant of its host',
    hint: '`drover-agent check` there names both.',
  };
  expect(problemsOf('testsite')).toEqual([shared]);
  expect((await plan('testsite')).error).toMatchObject(shared);
  expect((await controller.offer({})).answer.error).toMatchObject(shared);
  expect(told()).not.toMatch(/other\.yaml|of other/);
  rmSync(other);
  await controller.until(() => problemsOf('testsite').length === 0);
});
