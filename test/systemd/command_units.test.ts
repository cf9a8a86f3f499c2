// Which commands of an upgrade have a unit of their own, and what another choice of launcher does to those that run.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { releases } from '../helpers/sites/site_app.js';
import { agentUnit, type SiteHost } from '../helpers/sites/site_host.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { upgraded } from './ended_agent.js';

const sites = useSites({ count: 3, tenantKeys: { requirements: { run: ['sh', '-c', 'true'] } } });

/** The commands of an upgrade, by their keys, and whether each has a unit. */
function readUnits(host: SiteHost, id: string): Record<string, boolean> {
  const folder = path.join(host.machine.locate(host.stateFolder), 'upgrades', id, 'commands');
  return Object.fromEntries(readdirSync(folder).map((key) => [key, existsSync(path.join(folder, key, 'launcher'))]));
}

/** The code of the tenant, and what the tenant file names. */
const ofTenant = /^(hooks-[a-z-]+\.v|migrate\.migration|install-requirements\.install$)/;

test('what runs the code of the tenant has a unit, and nothing else has', async () => {
  const [host, site] = [sites.host(), sites.take()];
  const id = await host.ask(site, releases.good);
  expect((await host.follow(site, id)).result).toMatchObject({ status: 'success', warnings: [expect.any(String)] });
  const units = readUnits(host, id);
  const keys = Object.keys(units);
  expect(keys.filter((key) => ofTenant.test(key))).toHaveLength(6);
  expect(keys.length).toBeGreaterThan(12);
  expect(units).toEqual(Object.fromEntries(keys.map((key) => [key, ofTenant.test(key)])));
  expect(await host.machine.run(['systemctl', 'list-units', '--all', '--no-legend', 'drover-command-*'])).toBe('');
});

test.each([
  { before: 'systemd', after: 'plain' },
  { before: 'plain', after: 'systemd' },
] as const)('a hook that runs goes on when $after is chosen in place of $before', async ({ before, after }) => {
  const [host, site] = [sites.host(), sites.take()];
  await choose(host, before);
  site.shut('post-pull');
  const id = await host.askInto(site, releases.good, 'post-pull');
  await choose(host, after);
  site.open('post-pull');
  expect((await host.follow(site, id)).result).toMatchObject({ status: 'success' });
  expect(await site.look()).toEqual(upgraded);
  const units = readUnits(host, id);
  const hooks = Object.keys(units).filter((key) => key.startsWith('hooks-'));
  const begun = hooks.filter((key) => /pre-pull|post-pull/.test(key));
  expect(begun.map((key) => units[key])).toEqual([before === 'systemd', before === 'systemd']);
  const later = hooks.filter((key) => !begun.includes(key));
  expect(later.map((key) => units[key])).toEqual([after === 'systemd', after === 'systemd']);
});

/** Has the next agent take this launcher, and returns once it is there. */
async function choose(host: SiteHost, launcher: string): Promise<void> {
  const file = host.machine.locate('/etc/drover/agent.yaml');
  const others = readFileSync(file, 'utf8').replace(/^launcher: .*\n/m, '');
  writeFileSync(file, `${others}launcher: ${launcher}\n`);
  const before = await host.agentPid();
  await host.machine.run(['systemctl', 'restart', agentUnit]);
  await host.seeAgent(before);
}
