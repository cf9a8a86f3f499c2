// A tenant whose services root controls and whose data another account keeps, as with systemctl and a database server.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findUser } from '../../../agent/command/user.js';
import { installTenant, makePlace, startHost, type RunningHost, type TenantPlace } from './tenant_host.js';

/** Tells who called it, from where and with which PATH; the service is a file in a folder of root's. */
const control = `#!/bin/bash
cd "$(dirname "$0")"
echo "$1 $(id -un) $OLDPWD $HOME $APP_DIR$SECRET" >>calls
case "$1" in
  start) touch up ;;
  stop) rm up ;;
  status) test -e up ;;
esac
`;
const failing = '#!/bin/bash\nexit 3\n';

const root = (...run: string[]) => ({ user: 'root', run });
const server = (...run: string[]) => ({ user: 'daemon', run });

let place: TenantPlace;
let host: RunningHost;
let folder: string;
let keeper: string;
let program: string;
const isBackup = (name: string) => /\.backup_\d+_\d+(_\d+)?$/.test(name);
const data = () => readFileSync(path.join(keeper, 'data'), 'utf8');

beforeEach(async () => {
  place = await makePlace('nobody');
  folder = path.join(place.folder, 'sbin');
  keeper = path.join(place.folder, 'server');
  program = path.join(folder, 'ctl');
  const daemon = await findUser('daemon');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(program, control, { mode: 0o755 });
  writeFileSync(path.join(folder, 'up'), '');
  mkdirSync(keeper, { mode: 0o700 });
  writeFileSync(path.join(keeper, 'data'), 'old\n', { mode: 0o600 });
  for (const name of [keeper, path.join(keeper, 'data')]) chownSync(name, daemon.uid, daemon.gid);
  const { repository } = place;
  repository.release('v0.1.0', { 'app.txt': 'v0.1.0' });
  repository.release('v0.2.0', { 'app.txt': 'v0.2.0', 'scripts/1.txt': 'new\n' });
  repository.release('v0.3.0', { 'scripts/2.txt': 'newer\n', 'release/v0.3.0.post-migrate.sh': failing });
  installTenant(place, 'v0.1.0');
  host = await startHost(place, {
    environment: { SECRET: 'of the tenant' },
    services: { start: root(program, 'start'), stop: root(program, 'stop'), status: root(program, 'status') },
    database: {
      backup: server('/usr/bin/cp', path.join(keeper, 'data'), '{file}'),
      restore: server('/usr/bin/cp', '{file}', path.join(keeper, 'data')),
      fingerprint: server('/usr/bin/sha256sum', path.join(keeper, 'data')),
      backup_dir: keeper,
      keep: 1,
    },
    migrations: { files: 'scripts/*.txt', run: server('/usr/bin/cp', '{file}', path.join(keeper, 'data')) },
    health: { command: root('/usr/bin/test', '-e', path.join(folder, 'up')), interval: '20ms', successes: 2 },
  });
});
afterEach(async () => {
  await host.stop();
  await place.remove();
});

test('is upgraded, each command by its account, in no folder and with no variables of the tenant’s', async () => {
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'success', migrations_run: ['scripts/1.txt'] });
  const calls = readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n');
  expect(calls.map((call) => call.split(' ')[0])).toContain('start');
  expect(new Set(calls.map((call) => call.replace(/^\w+ /, '')))).toEqual(new Set([`root / /root ${place.appDir}`]));
  expect(data()).toBe('new\n');
  expect(readFileSync(result.backup_path ?? '', 'utf8')).toBe('old\n');
  expect(statSync(result.backup_path ?? '').uid).toBe((await findUser('daemon')).uid);
});

test('has its data back after a failure, and only the backups of the last upgrade and of the one that can be rolled back', async () => {
  const { result: first } = await host.upgrade({ version: 'v0.2.0' });
  await host.upgrade({ version: 'v0.3.0' });
  const { result: last } = await host.upgrade({ version: 'v0.3.0' });
  expect(last).toMatchObject({ status: 'rolled_back', failure: { step: 'hooks-post-migrate' } });
  expect(data()).toBe('new\n');
  const kept = [first, last].map(({ backup_path: backup }) => path.basename(backup ?? ''));
  await vi.waitFor(() => expect(readdirSync(keeper).filter(isBackup).toSorted()).toEqual(kept.toSorted()));
});

test('is refused, and not touched, once others can write what root is to run', async () => {
  chmodSync(program, 0o757);
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { code: 'config', message: expect.stringContaining(`services.start: ${program}: can be written`) },
  });
  expect(execFileSync('cat', [path.join(place.appDir, 'app.txt')], { encoding: 'utf8' })).toBe('v0.1.0');
  expect(readdirSync(folder)).not.toContain('calls');
});
