// What upgrades keep of a tenant, and which of it is the latest, whatever the host's clock says; and rollbacks in a row.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock, type Clock } from '../../../shared/os/clock.js';
import type { UpgradeClient } from '../../helpers/agent/upgrade_client.js';
import { useCliHosts, type CliHost } from '../agent/cli/run_cli.js';

const hosts = useCliHosts();
const dayMs = 24 * 3_600_000;

/** The host's clock is wrong by this much. */
function createWrongClock(): Clock & { offMs: number } {
  const clock = { ...systemClock, offMs: 0, now: () => new Date(Date.now() + clock.offMs) };
  return clock;
}

async function rollBack(client: UpgradeClient) {
  const id = await client.command({ type: 'rollback', restore_database: false });
  const { result } = await client.follow(id, { finishes: 2 });
  return { upgrade: id, status: result.status, version: result.current_version };
}

const backupsOf = ({ tenant: { dataDir } }: CliHost) =>
  readdirSync(dataDir)
    .filter((name) => /\.backup_\d+_\d+$/.test(name))
    .map((name) => path.join(dataDir, name));

test('a clock that was a day ahead decides nothing: the third backup stays, its log shows, and two rollbacks undo two', async () => {
  const clock = createWrongClock();
  const host = await hosts.open({
    inProcess: true,
    clock,
    makeKeys: () => ({ database: { sqlite: 'notes.db', keep: 2 } }),
    agentKeys: { keep: { journals: '1ms', upgrades: 2 } },
  });
  await host.start();
  const ran = [];
  for (const [version, offMs] of [
    ['v0.2.0', dayMs],
    ['v0.3.0', dayMs],
    ['v0.4.0', 0],
  ] as const) {
    clock.offMs = offMs;
    const { id, result } = await host.upgrade({ version });
    expect(result).toMatchObject({ status: 'success' });
    ran.push({ id, backup: result.backup_path ?? '' });
  }
  const [, second, third] = ran;
  expect((await host.cli('logs', host.tenant.slug)).stdout).toContain('v0.4.0');
  const client = await host.connect();
  expect(await rollBack(client)).toEqual({ upgrade: third?.id, status: 'rolled_back', version: 'v0.3.0' });
  // A restored database counts as unchanged.
  expect(await rollBack(client)).toEqual({ upgrade: second?.id, status: 'rolled_back', version: 'v0.2.0' });
  // Its end waits for the clean-up.
  await host.stop();
  expect(new Set(backupsOf(host))).toEqual(new Set([second?.backup, third?.backup]));
  expect(readdirSync(path.join(host.stateFolder, 'upgrades'))).toHaveLength(2);
  expect(await host.look()).toMatchObject({ head: 'v0.2.0', serves: 'v0.2.0' });
});

test('what a killed agent left is gone once an agent has started, and nothing else is; the log that it did not write is there', async () => {
  const host = await hosts.open({ inProcess: true });
  await host.start();
  const { id, result } = await host.upgrade({ version: 'v0.2.0' });
  await host.stop();
  const { stateFolder, tenant } = host;
  expect(existsSync(path.join(stateFolder, 'upgrades', id, 'reserve'))).toBe(false);
  const commands = path.join(stateFolder, 'upgrades', id, 'commands');
  const [command = ''] = readdirSync(commands);
  const backup = result.backup_path ?? '';
  const left = [
    'queued/a.json.new',
    'order.new',
    `records/${tenant.slug}.json.new`,
    `ledgers/${tenant.slug}.jsonl.new`,
    'mirrors/.new-abc/HEAD',
    `exports/${id}/hooks.partial/x`,
    `upgrades/${id}/reserve`,
    'upgrades/00000000-0000-7000-8000-000000000001/reserve',
    `upgrades/${id}/commands/${command}/environment.00000000-0000-7000-8000-000000000002`,
    `upgrades/${id}/commands/${command}/exit.draft`,
    `upgrades/${id}/commands/other.new/x`,
  ].map((name) => path.join(stateFolder, name));
  left.push(`${backup}.partial`, `${backup}.partial-journal`);
  const kept = [`${backup}.mine`, path.join(tenant.dataDir, 'mine.partial')];
  for (const file of [...left, ...kept]) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'unfinished');
  }
  const logs = path.join(host.logFolder, tenant.slug);
  const [log = ''] = readdirSync(logs);
  const text = readFileSync(path.join(logs, log), 'utf8');
  rmSync(path.join(logs, log));
  await host.start();
  await expect.poll(() => left.filter((file) => existsSync(file)), { timeout: 10_000 }).toEqual([]);
  await host.stop();
  expect([...kept, backup, path.join(commands, command, 'exit')].filter((file) => !existsSync(file))).toEqual([]);
  expect(readFileSync(path.join(logs, log), 'utf8')).toBe(text);
});
