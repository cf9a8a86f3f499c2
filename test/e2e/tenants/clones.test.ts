// Work trees that are no whole clones, and repositories of another kind: upgraded, and put back, without their remote.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { installTenant, makePlace, startHost, type RunningHost, type TenantPlace } from './tenant_host.js';

let place: TenantPlace | undefined;
let host: RunningHost | undefined;
afterEach(async () => {
  await host?.stop();
  host = undefined;
  await place?.remove();
  place = undefined;
});

/** Large enough to be packed as differences, and different in each release. */
const text = (mark: string) =>
  Array.from({ length: 400 }, (_, at) => `line ${at} ${at % 100 === 0 ? mark : ''}\n`).join('');

async function prepare(format: 'sha1' | 'sha256', cloneOptions: readonly string[]): Promise<TenantPlace> {
  const made = await makePlace('nobody', format);
  place = made;
  const { repository } = made;
  for (const [name, value] of [
    ['allowFilter', 'true'],
    ['allowAnySHA1InWant', 'true'],
  ]) {
    repository.git('config', `uploadpack.${name}`, value ?? '');
  }
  repository.release('v0.0.1', { 'app.txt': text('0'), 'lib/gone.txt': text('x') });
  repository.release('v0.1.0', { 'app.txt': text('1'), 'lib/gone.txt': null, 'lib/old.txt': text('y') });
  repository.release('v0.2.0', { 'app.txt': text('2'), 'lib/old.txt': null, 'lib/gone.txt': text('x') });
  repository.release('v0.2.1', { 'release/v0.2.1.sh': 'exit 3\n', 'app.txt': text('3') });
  installTenant(made, 'v0.1.0', cloneOptions);
  return made;
}

/** A fetch from the clone's own remote leaves a file. */
function watchRemote({ appDir, folder }: TenantPlace): () => boolean {
  const [marker, program] = [path.join(folder, 'testsite/contacted'), path.join(folder, 'upload-pack')];
  writeFileSync(program, `#!/bin/sh\ntouch ${marker}\nexec git-upload-pack "$@"\n`, { mode: 0o755 });
  execFileSync('git', ['-C', appDir, '-c', 'safe.directory=*', 'config', 'remote.origin.uploadpack', program]);
  execFileSync('chown', ['nobody:', path.join(appDir, '.git/config')]);
  return () => existsSync(marker);
}

test.each([
  ['a blobless clone', 'sha1', ['--filter=blob:none']],
  ['a treeless clone', 'sha1', ['--filter=tree:0']],
  ['a shallow clone', 'sha1', ['--depth=1', '--branch=v0.1.0']],
  ['a clone in SHA-256', 'sha256', []],
] as const)('%s is upgraded, and put back, without its remote', async (_what, format, options) => {
  const { appDir, ...rest } = await prepare(format, options);
  const isContacted = watchRemote({ appDir, ...rest });
  host = await startHost({ appDir, ...rest }, {});
  const failed = await host.upgrade({ version: 'v0.2.1' });
  expect(failed.result).toMatchObject({ status: 'rolled_back', failure: { exit_code: 3 } });
  expect(readFileSync(path.join(appDir, 'app.txt'), 'utf8')).toBe(text('1'));
  expect(readFileSync(path.join(appDir, 'lib/old.txt'), 'utf8')).toBe(text('y'));
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'success', current_version: 'v0.2.0' });
  expect(readFileSync(path.join(appDir, 'lib/gone.txt'), 'utf8')).toBe(text('x'));
  expect(existsSync(path.join(appDir, 'lib/old.txt'))).toBe(false);
  expect(isContacted()).toBe(false);
});
