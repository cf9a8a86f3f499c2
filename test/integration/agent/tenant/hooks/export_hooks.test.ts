import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportHooks } from '../../../../../agent/tenant/hooks/export_hooks.js';
import { hookCommand } from '../../../../../agent/tenant/hooks/hook_command.js';
import { createMemoryTree } from '../../../../unit/agent/tenant/memory_tree.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';

let site: FreshSite;
let folder: string;
beforeEach(() => {
  site = makeFreshSite();
  folder = path.join(site.folder, 'hooks');
});
afterEach(() => site.remove());

type Files = Parameters<typeof createMemoryTree>[0][string];
const exportFiles = (files: Files) =>
  exportHooks({ tree: createMemoryTree({ c: files }), commit: 'c', folder, user: site.site.user });

test('the release folder is written with all in it, and nothing else', async () => {
  await exportFiles({
    'release/v1.0.0.sh': 'one',
    'release/lib/deep/data.bin': Buffer.from([0, 255]),
    'release/link.sh': { mode: '120000', content: 'lib/deep/data.bin' },
    'app.py': 'not this',
  });
  expect(readFileSync(path.join(folder, 'v1.0.0.sh'), 'utf8')).toBe('one');
  expect(readFileSync(path.join(folder, 'lib/deep/data.bin'))).toEqual(Buffer.from([0, 255]));
  expect(readlinkSync(path.join(folder, 'link.sh'))).toBe('lib/deep/data.bin');
  expect(existsSync(path.join(folder, 'app.py'))).toBe(false);
});

const look = (name: string) => {
  const { uid, gid, mode } = statSync(path.join(folder, name));
  return { uid, gid, mode: (mode & 0o7777).toString(8) };
};

test("it is root's, for the tenant's group to read and nobody to write", async () => {
  const script = { mode: '100755', content: 'one' };
  await exportFiles({ 'release/v1.0.0.sh': script, 'release/lib/a': 'a' });
  const owner = { uid: 0, gid: site.site.user.gid };
  expect(['.', 'lib', 'lib/a', 'v1.0.0.sh'].map(look)).toEqual([
    { ...owner, mode: '750' },
    { ...owner, mode: '750' },
    { ...owner, mode: '640' },
    { ...owner, mode: '750' },
  ]);
});

test('what an interrupted export left does not count, and a finished one is not written again', async () => {
  mkdirSync(`${folder}.partial`);
  writeFileSync(path.join(`${folder}.partial`, 'stale'), '');
  await exportFiles({ 'release/a': 'first' });
  await exportFiles({ 'release/a': 'second' });
  expect(readFileSync(path.join(folder, 'a'), 'utf8')).toBe('first');
  expect(existsSync(path.join(folder, 'stale'))).toBe(false);
});

test('a path that would leave the folder is refused', async () => {
  await expect(exportFiles({ 'release/../../evil': 'x' })).rejects.toMatchObject({ code: 'unsupported-repository' });
});

test('nothing is written through a symlink that a forged tree holds beside a folder of its name', async () => {
  const files = { 'release/a': { mode: '120000', content: site.site.appDir.shown }, 'release/a/evil': 'x' };
  await expect(exportFiles(files)).rejects.toThrow('EEXIST');
  expect(existsSync(path.join(site.site.appDir.shown, 'evil'))).toBe(false);
});

test("an exported hook runs as the tenant's user, not executable as it is, and finds its siblings", async () => {
  const hook = {
    tag: 'v1.0.0',
    phase: 'post-pull',
    file: 'v1.0.0.sh',
    sha256: '',
    interpreter: ['/bin/bash'],
    mark: null,
  } as const;
  const script = '. "$(dirname "$0")/lib.sh"; report "$DEPLOY_TAG $(id -un) $PWD"\n';
  await exportFiles({ 'release/v1.0.0.sh': script, 'release/lib.sh': 'report() { echo "said: $1"; }\n' });
  const upgrade = { id: 'u', targetTag: 'v1.1.0', previousTag: 'v0.9.0', backupPath: '' };
  const spec = hookCommand({
    site: site.site,
    hook: { ...hook, interpreter: [...hook.interpreter] },
    exportDir: folder,
    upgrade,
    timeLimitMs: 10_000,
  });
  const exit = await site.run('hook', spec);
  expect(readFileSync(exit.outputPath, 'utf8')).toBe(`said: v1.0.0 nobody ${site.site.appDir.shown}\n`);
});
