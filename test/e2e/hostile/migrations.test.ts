// Migrations that root runs: what the repository holds is run, whatever the tenant makes of its work tree.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installTenant, makePlace, startHost, type RunningHost, type TenantPlace } from '../tenants/tenant_host.js';

/** Puts other code in the place of the migration, after the checkout and before the migrations. */
const swap = `#!/bin/bash
cd "$APP_DIR/scripts" || exit 1
rm 1.sh library.sh
for name in 1.sh library.sh; do echo 'id -u >"$(dirname "$DATA_DIR")/own"' >"$name"; done
`;
const migration = 'cd "$(dirname "$0")" && . ./library.sh\n';

let place: TenantPlace;
let host: RunningHost | undefined;
let record: string;
const asRoot = (...run: string[]) => ({ user: 'root', run });

beforeEach(async () => {
  place = await makePlace('nobody');
  const folder = path.join(place.folder, 'of-root');
  mkdirSync(folder, { mode: 0o755 });
  record = path.join(folder, 'record');
  const { repository } = place;
  repository.release('v0.1.0', { 'app.txt': 'v0.1.0' });
  repository.release('v0.2.0', {
    'scripts/1.sh': migration,
    'scripts/library.sh': `echo "$(id -u) $0" >>${record}\n`,
    'release/v0.2.0.sh': swap,
  });
  symlinkSync('../../../../../etc/profile', path.join(repository.folder, 'scripts/2.sh'));
  repository.release('v0.3.0', {});
  installTenant(place, 'v0.1.0');
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  await place.remove();
});

test('of another account come from the repository with what lies beside them, not from the work tree', async () => {
  host = await startHost(place, { migrations: { files: 'scripts/[0-9].sh', run: asRoot('/bin/bash', '{file}') } });
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'success', migrations_run: ['scripts/1.sh'] });
  expect(existsSync(path.join(place.dataDir, '../own'))).toBe(false);
  const [uid, program = ''] = readFileSync(record, 'utf8').trim().split(' ');
  expect(uid).toBe('0');
  expect(program).toContain(path.join(place.folder, 'host/state/exports'));
});

test('of another account that are links out of their folder are refused', async () => {
  host = await startHost(place, { migrations: { files: 'scripts/*.sh', run: asRoot('/bin/bash', '{file}') } });
  const { result } = await host.upgrade({ version: 'v0.3.0' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { message: expect.stringContaining('scripts/2.sh is a symbolic link that leads out of scripts') },
  });
  expect(readdirSync(path.dirname(record))).toEqual([]);
});

test.each([
  ['a script of its work tree', (folder: string) => `${folder}/scripts/1.sh`],
  ['a shell line that leads there', () => 'cd "$APP_DIR" && exec scripts/1.sh'],
])('the tenant file is refused where a command of root’s names %s', async (_what, makeWord) => {
  host = await startHost(place, { migrations: { command: asRoot('/bin/bash', '-c', makeWord(place.appDir)) } });
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { message: expect.stringContaining('the tenant could change what runs as root') },
  });
});
