import path from 'node:path';
import { expect, it } from 'vitest';
import { agentLimits } from '../../../../../agent/limits.js';
import { checkSupport } from '../../../../../agent/tenant/git/check_support.js';
import { changedPaths, createTree, readTree } from '../../../../../agent/tenant/git/trees.js';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { makeMirror, makeRemote, useFolders } from './tenant.js';

const makeFolder = useFolders();

it('lists the files of one folder, with odd names, and nothing of a folder that is not there', async () => {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const commit = remote.release('v1.0.0', { 'release/v1.0.0.sh': 'x', 'release/a\nb é*.sh': 'y', releases: 'z' });
  const mirror = await makeMirror(folder, remote);
  const paths = (await readTree(mirror, commit, 'release')).map((entry) => [entry.mode, entry.type, entry.path]);
  expect(paths).toEqual([
    ['100644', 'blob', 'release/a\nb é*.sh'],
    ['100644', 'blob', 'release/v1.0.0.sh'],
  ]);
  expect(await readTree(mirror, commit, 'rel*')).toEqual([]);
});

it('reads many files byte by byte', async () => {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const commit = remote.release('v1.0.0', { empty: '', text: 'a\n\nb', 'sub/no-newline': '\r\n\0x' });
  const tree = createTree(await makeMirror(folder, remote));
  const entries = await tree.list(commit);
  const contents = await tree.read(entries.map(({ oid }) => oid));
  expect(entries.map(({ oid, path }) => [path, contents.get(oid)?.toString()])).toEqual([
    ['empty', ''],
    ['sub/no-newline', '\r\n\0x'],
    ['text', 'a\n\nb'],
  ]);
});

it('says what changed between two commits, a rename as two changes', async () => {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const from = remote.release('v1.0.0', { kept: '1', changed: '1', moved: 'long enough to be found', linked: '1' });
  rmSync(path.join(remote.folder, 'linked'));
  symlinkSync('kept', path.join(remote.folder, 'linked'));
  const to = remote.release('v1.1.0', { changed: '2', moved: null, elsewhere: 'long enough to be found' });
  expect(await changedPaths(await makeMirror(folder, remote), from, to)).toEqual([
    { status: 'M', path: 'changed' },
    { status: 'A', path: 'elsewhere' },
    { status: 'T', path: 'linked' },
    { status: 'D', path: 'moved' },
  ]);
});

it('refuses a submodule, and never runs its ext:: address', async () => {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const marker = path.join(folder, 'marker');
  const gitmodules = `[submodule "evil"]\n\tpath = evil\n\turl = ext::touch ${marker}\n`;
  const harmless = remote.release('v1.0.0', { '.gitmodules': gitmodules });
  remote.git('update-index', '--add', '--cacheinfo', `160000,${harmless},vendor/evil`);
  remote.git('commit', '--message=submodule');
  remote.git('tag', 'v1.1.0');
  const mirror = await makeMirror(folder, remote);
  await expect(checkSupport(createTree(mirror), harmless)).resolves.toBeUndefined();
  await expect(checkSupport(createTree(mirror), remote.git('rev-parse', 'v1.1.0'))).rejects.toMatchObject({
    code: 'unsupported-repository',
    message: expect.stringContaining('vendor/evil'),
  });
  expect(existsSync(marker)).toBe(false);
});

it('refuses Git LFS in whatever folder, but not a comment about it', async () => {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const without = remote.release('v1.0.0', { '.gitattributes': '# *.bin filter=lfs\n*.txt text\n' });
  const withLfs = remote.release('v1.1.0', {
    'assets/.gitattributes': '*.txt text\n*.bin filter=lfs diff=lfs -text\n',
  });
  const mirror = await makeMirror(folder, remote);
  await expect(checkSupport(createTree(mirror), without)).resolves.toBeUndefined();
  await expect(checkSupport(createTree(mirror), withLfs)).rejects.toMatchObject({
    code: 'unsupported-repository',
    message: expect.stringContaining('assets/.gitattributes'),
  });
});

it('asks for sizes first, and reads no file and no set of files over the limits', async () => {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const { max } = agentLimits.repositoryFile;
  const files = {
    a: 'a'.repeat(max),
    b: 'b'.repeat(max),
    c: 'c'.repeat(max),
    d: 'd'.repeat(max),
    e: 'e',
    f: 'f'.repeat(max + 1),
  };
  const commit = remote.release('v1.0.0', files);
  const tree = createTree(await makeMirror(folder, remote));
  const oids = new Map((await tree.list(commit)).map(({ path: name, oid }) => [name, oid]));
  const read = (...names: string[]) => tree.read(names.map((name) => oids.get(name) ?? ''));
  expect([...(await tree.sizes([...oids.values()])).values()]).toEqual([max, max, max, max, 1, max + 1]);
  expect((await read('a')).size).toBe(1);
  await expect(read('f')).rejects.toMatchObject({ message: expect.stringContaining(`${max + 1} bytes long`) });
  await expect(read('a', 'b', 'c', 'd', 'e')).rejects.toMatchObject({ code: 'unsupported-repository' });
});
