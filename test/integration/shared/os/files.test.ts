// Files that are replaced as a whole.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from '../../../../shared/os/files.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'drover-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('content and mode are as given, whatever the umask and what was there before', async () => {
  const file = path.join(folder, 'a');
  await writeFile(file, 'a longer old content', { mode: 0o600 });
  await replaceFile(file, 'new', { mode: 0o666 });
  expect(await readFile(file, 'utf8')).toBe('new');
  expect((await stat(file)).mode & 0o777).toBe(0o666);
});

test('whoever has the old file open keeps the old content', async () => {
  const file = path.join(folder, 'a');
  await writeFile(file, 'old');
  const { ino } = await stat(file);
  await replaceFile(file, 'new', { mode: 0o600 });
  expect((await stat(file)).ino).not.toBe(ino);
});

test('what a killed call left behind is written over', async () => {
  const file = path.join(folder, 'a');
  await writeFile(`${file}.new`, 'half of something that was longer');
  await replaceFile(file, 'new', { mode: 0o600 });
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['a']);
});

test('a link is replaced and not followed', async () => {
  const target = path.join(folder, 'target');
  await writeFile(target, 'untouched');
  await symlink(target, path.join(folder, 'link'));
  await replaceFile(path.join(folder, 'link'), 'new', { mode: 0o600 });
  expect(await readFile(target, 'utf8')).toBe('untouched');
});

test('a failure leaves no draft behind', async () => {
  const file = path.join(folder, 'a');
  await mkdir(path.join(file, 'in the way'), { recursive: true });
  await expect(replaceFile(file, 'new', { mode: 0o600 })).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(folder)).toEqual(['a']);
});
