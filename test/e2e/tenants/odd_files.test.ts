// Files with names in Latin-1, with CRLF, or with another mode: upgraded, put back byte for byte, and told of.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
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

const latin1 = (name: string) => Buffer.from(name, 'latin1');
const inFolder = (folder: string, name: string) => Buffer.concat([Buffer.from(`${folder}/`), latin1(name)]);

/** Releases with a file `résumé`, which the last one removes, and a hook that reads its sibling `données`. */
async function prepare(): Promise<TenantPlace> {
  const made = await makePlace('nobody');
  place = made;
  const { repository, appDir } = made;
  const own = (name: string, content: string) => writeFileSync(inFolder(repository.folder, name), content);
  own('r\u00e9sum\u00e9', 'one\n');
  repository.release('v0.1.0', { 'crlf.txt': 'a\r\nb\r\n', 'run.sh': 'exit 0\n', 'lines.txt': 'a\nb\n' });
  own('r\u00e9sum\u00e9', 'two\n');
  own('\u00e9t\u00e9', 'new\n');
  repository.release('v0.2.0', { 'release/v0.2.0.sh': 'cat "$(dirname "$0")"/donn*; exit 3\n' });
  own('release/donn\u00e9es', 'read by the hook\n');
  repository.release('v0.2.1', { 'release/v0.2.1.sh': 'exit 3\n' });
  installTenant(made, 'v0.1.0');
  // What is committed with CRLF counts as modified for git from now on.
  writeFileSync(path.join(appDir, '.git/info/attributes'), '* text\n');
  execFileSync('touch', [path.join(appDir, 'crlf.txt')]);
  return made;
}

test('names in Latin-1 are upgraded, put back and told harmlessly, and CRLF that was committed is no modification', async () => {
  const { appDir, ...rest } = await prepare();
  host = await startHost({ appDir, ...rest }, { modified_ok: ['r*'] });
  writeFileSync(inFolder(appDir, 'r\u00e9sum\u00e9'), 'mine\r\n');
  const { result, outputs } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({ status: 'rolled_back', failure: { hook: 'v0.2.0.sh', exit_code: 3 } });
  expect([...outputs.values()].join()).toContain('read by the hook');
  expect(result.details.join()).toContain(String.raw`Discarded the local changes of r\xE9sum\xE9`);
  expect(readFileSync(inFolder(appDir, 'r\u00e9sum\u00e9'), 'latin1')).toBe('mine\r\n');
  expect(existsSync(inFolder(appDir, '\u00e9t\u00e9'))).toBe(false);

  writeFileSync(inFolder(appDir, '\u00e9t\u00e9'), 'in the way');
  const refused = await host.upgrade({ version: 'v0.2.1' });
  expect(refused.result).toMatchObject({
    status: 'refused',
    failure: { code: 'path-conflict', message: expect.stringContaining(String.raw`\xE9t\xE9`) },
  });
});

test('the refusal of modified files says what differs: content, mode or line ends', async () => {
  const { appDir, ...rest } = await prepare();
  host = await startHost({ appDir, ...rest }, {});
  chmodSync(path.join(appDir, 'run.sh'), 0o755);
  writeFileSync(path.join(appDir, 'lines.txt'), 'a\r\nb\r\n');
  writeFileSync(inFolder(appDir, 'r\u00e9sum\u00e9'), 'mine\n');
  execFileSync('rm', [path.join(appDir, '.git/info/attributes')]);
  const { result } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({ status: 'refused', failure: { code: 'modified-files' } });
  const { message = '', hint = '' } = result.failure ?? {};
  expect(message).toContain('run.sh (only its mode)');
  expect(message).toContain('lines.txt (only its line ends)');
  expect(message).toContain(String.raw`r\xE9sum\xE9 (content)`);
  expect(hint).toContain('`chmod` gives it back');
  expect(hint).toContain('core.autocrlf');
});
