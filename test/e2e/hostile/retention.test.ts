// Dates that are wrong: an upgrade under an id of 2030 neither stays for ever, nor hides what came after it.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { useHosts } from '../upgrade/hosts.js';

const hosts = useHosts({ releases: [] });
const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none' };

/** An id as a clock of that year makes it. */
function idOf(year: number): string {
  const time = Date.UTC(year, 0, 1).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`;
}

test('an upgrade under an id of 2030 is pruned in its turn, and a rollback undoes the one that came last', async () => {
  const host = await hosts.open({
    makeKeys: () => bare,
    hasService: false,
    agentKeys: { keep: { journals: '100ms', upgrades: 2 } },
  });
  const client = await host.connect();
  const ids: string[] = [];
  for (const wish of [{ version: 'v0.2.0', id: idOf(2030) }, { version: 'v0.3.0' }, { version: 'v0.4.0' }]) {
    const { version, ...options } = wish;
    const id = await client.ask({ version }, options);
    expect((await client.follow(id)).result).toMatchObject({ status: 'success', current_version: version });
    ids.push(id);
  }
  const [, second = '', third = ''] = ids;
  expect(await client.command({ type: 'rollback', restore_database: false })).toBe(third);
  const { result } = await client.follow(third, { finishes: 2 });
  expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.3.0' });
  // Its end waits for the clean-up.
  await host.stop();
  expect(readdirSync(path.join(host.stateFolder, 'upgrades')).toSorted()).toEqual([second, third].toSorted());
});
