// The tenants as their files change under a running agent.
import { chmod, rename, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentUser } from '../../../../agent/command/user.js';
import { loadAgentConfig } from '../../../../agent/config/load.js';
import { watchTenants, type Tenants } from '../../../../agent/config/watch_tenants.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeHost, type Host } from './make_host.js';

const name = 'tenants.d/a.yaml';

let host: Host;
let tenants: Tenants;
let file: string;
beforeEach(async () => {
  host = await makeHost();
  file = await host.write(name, host.tenantText());
  tenants = await watchTenants(await loadAgentConfig(host.agentFile), { log: collectLog(), agentUser: currentUser() });
});
afterEach(async () => {
  await tenants.close();
  await host.remove();
});

/** Resolves once they are so. */
function see(isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      stop();
      resolve();
    };
    const stop = tenants.onChange(look);
    look();
  });
}

test.each([
  { what: 'a key that there is not', change: (text: string) => `${text}colour: red\n`, mode: 0o600, message: 'colour' },
  { what: 'no YAML', change: () => 'slug: [', mode: 0o600, message: 'a.yaml' },
  { what: 'nothing in it', change: () => '', mode: 0o600, message: 'a.yaml' },
  { what: 'a mode that lets others write', change: (text: string) => text, mode: 0o664, message: 'written' },
])('a file that gets $what leaves its tenant as it was', async ({ change, mode, message }) => {
  await rename(await host.write('tenants.d/.a.new', change(host.tenantText()), mode), file);
  await see(() => tenants.list().problems.some(({ error }) => error.message.includes(message)));
  expect(tenants.find('testsite').app_dir.shown).toBe(host.appDir);
  expect(tenants.list().problems).toMatchObject([
    { file, slug: 'testsite', error: { code: 'config', message: expect.stringContaining(message) } },
  ]);
  await host.write(name, `${host.tenantText()}grace: 7s\n`);
  await see(() => tenants.list().problems.length === 0);
  expect(tenants.find('testsite')).toMatchObject({ grace: 7000 });
});

test('a change of the mode alone is seen', async () => {
  await chmod(file, 0o664);
  await see(() => tenants.list().problems.length === 1);
  await chmod(file, 0o600);
  await see(() => tenants.list().problems.length === 0);
  expect(tenants.find('testsite')).toMatchObject({ slug: 'testsite' });
});

test('a file that is gone keeps nothing of its tenant, whatever is in a later one of its name', async () => {
  await rm(file);
  await see(() => tenants.count() === 0);
  await host.write('tenants.d/b.yaml', host.tenantText());
  await see(() => tenants.count() === 1);
  await host.write(name, 'slug: [');
  await see(() => tenants.list().problems.length === 1);
  expect(tenants.list().problems).toMatchObject([{ file, slug: 'a' }]);
});

test('a folder that cannot be read is said when the agent starts', async () => {
  const config = await loadAgentConfig(host.agentFile);
  const none = { ...config, tenants_dir: '/nonexistent/tenants.d' };
  await expect(watchTenants(none, { log: collectLog(), agentUser: currentUser() })).rejects.toMatchObject({
    code: 'config',
  });
});

test('a file that is gone has no tenant any more, and a new one has', async () => {
  await rm(file);
  await see(() => tenants.count() === 0);
  expect(() => tenants.find('testsite')).toThrow(/there is no tenant testsite/);
  await host.write('tenants.d/b.yaml', host.tenantText('other'));
  await see(() => tenants.count() === 1);
  expect(tenants.find('other')).toMatchObject({ slug: 'other' });
});
