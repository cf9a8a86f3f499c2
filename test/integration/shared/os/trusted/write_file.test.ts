// What is written where configuration says: only in folders that nobody else can change.
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkTrustedFolder, listTrustedFolder, makeTrustedFolder } from '../../../../../shared/os/trusted/folder.js';
import { fillNewTrustedFile, openOwnFile, replaceTrustedFile } from '../../../../../shared/os/trusted/write_file.js';

const nobody = 65534;
let folder: string;
const at = (name: string) => path.join(folder, name);
const modeOf = (name: string) => statSync(at(name)).mode & 0o7777;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-trusted-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder is made with those on its way, which everyone can pass', async () => {
  await makeTrustedFolder(at('a/b/c'), { mode: 0o750, gid: nobody });
  expect(['a', 'a/b', 'a/b/c'].map(modeOf)).toEqual([0o755, 0o755, 0o750]);
  expect(statSync(at('a/b/c'))).toMatchObject({ uid: 0, gid: nobody });
  await makeTrustedFolder(at('a/b/c'), { mode: 0o700 });
  expect(modeOf('a/b/c')).toBe(0o700);
});

test('a folder that is there keeps its mode where only that of a new one is given', async () => {
  mkdirSync(at('old'), { mode: 0o750 });
  await makeTrustedFolder(at('old'), { newMode: 0o700 });
  await makeTrustedFolder(at('new/inner'), { newMode: 0o700 });
  expect(['old', 'new', 'new/inner'].map(modeOf)).toEqual([0o750, 0o700, 0o700]);
  await makeTrustedFolder(at('old'), { addMode: 0o011 });
  expect(modeOf('old')).toBe(0o751);
});

test.each([
  ['of somebody else', (name: string) => chownSync(name, nobody, nobody), 'belongs to user id 65534'],
  ['that others can write', (name: string) => chmodSync(name, 0o775), 'can be written by its group'],
  [
    'that is open to all, although sticky',
    (name: string) => chmodSync(name, 0o1777),
    'can be written by its group and',
  ],
])('nothing is made, changed or written in a folder %s', async (_what, spoil, says) => {
  mkdirSync(at('loose'));
  writeFileSync(at('loose/file'), 'old');
  spoil(at('loose'));
  const before = statSync(at('loose')).mode;
  const refused = { code: 'config', message: expect.stringContaining(`${at('loose')}: ${says}`) };
  await expect(replaceTrustedFile(at('loose/file'), 'new', { mode: 0o600 })).rejects.toMatchObject(refused);
  await expect(openOwnFile(at('loose/lock'))).rejects.toMatchObject(refused);
  await expect(checkTrustedFolder(at('loose'))).rejects.toMatchObject(refused);
  await expect(listTrustedFolder(at('loose'))).rejects.toMatchObject(refused);
  await expect(makeTrustedFolder(at('loose'), {})).rejects.toMatchObject(refused);
  expect(readFileSync(at('loose/file'), 'utf8')).toBe('old');
  expect(statSync(at('loose')).mode).toBe(before);
});

test('a folder inside of one of somebody else is not made', async () => {
  mkdirSync(at('theirs'));
  chownSync(at('theirs'), nobody, nobody);
  await expect(makeTrustedFolder(at('theirs/a/b'), {})).rejects.toThrow('belongs to user id 65534');
  expect(statSync(at('theirs')).nlink).toBe(2);
});

test('a file is replaced with its mode and group, and no link is followed', async () => {
  writeFileSync(at('victim'), 'of root');
  symlinkSync(at('victim'), at('log'));
  symlinkSync(at('victim'), at('log.new'));
  await replaceTrustedFile(at('log'), 'text', { mode: 0o640, gid: nobody });
  expect(readFileSync(at('log'), 'utf8')).toBe('text');
  expect(statSync(at('log'))).toMatchObject({ uid: 0, gid: nobody });
  expect(modeOf('log')).toBe(0o640);
  expect(readFileSync(at('victim'), 'utf8')).toBe('of root');
});

test('a file of the program’s own is closed to all others, also one that was not', async () => {
  writeFileSync(at('lock'), '', { mode: 0o644 });
  await (await openOwnFile(at('lock'))).close();
  await (await openOwnFile(at('new'))).close();
  expect(['lock', 'new'].map(modeOf)).toEqual([0o600, 0o600]);
});

test('a file of the program’s own is no link, no folder, and has one name', async () => {
  writeFileSync(at('victim'), '');
  symlinkSync(at('victim'), at('link'));
  linkSync(at('victim'), at('second'));
  mkdirSync(at('folder'));
  for (const name of ['link', 'second', 'folder']) await expect(openOwnFile(at(name))).rejects.toThrow(at(name));
  expect(modeOf('victim')).toBe(0o644);
});

test('a new file that takes long has its name once it is whole, and a draft that was left is no hindrance', async () => {
  writeFileSync(at('new.new'), 'what a killed writer left');
  await fillNewTrustedFile(at('new'), 0o600, async (draft) => {
    expect(readFileSync(draft, 'utf8')).toBe('');
    expect(existsSync(at('new'))).toBe(false);
    writeFileSync(draft, 'whole');
  });
  expect([readFileSync(at('new'), 'utf8'), modeOf('new')]).toEqual(['whole', 0o600]);
  expect(readdirSync(folder)).toEqual(['new']);
});

test('a new file that cannot be filled leaves nothing, and one that is there is not replaced', async () => {
  const failing = fillNewTrustedFile(at('new'), 0o600, () => Promise.reject(new Error('no room')));
  await expect(failing).rejects.toThrow('no room');
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(at('old'), 'old');
  const replacing = fillNewTrustedFile(at('old'), 0o600, async (draft) => writeFileSync(draft, 'new'));
  await expect(replacing).rejects.toMatchObject({ code: 'usage' });
  expect(readFileSync(at('old'), 'utf8')).toBe('old');
});
