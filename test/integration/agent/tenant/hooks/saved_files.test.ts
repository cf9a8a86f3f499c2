import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putFilesBack, saveFiles } from '../../../../../agent/tenant/hooks/saved_files.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';

let site: FreshSite;
let archive: string;
beforeEach(() => {
  site = makeFreshSite();
  mkdirSync(place('config'));
  chownSync(place('config'), site.site.user.uid, site.site.user.gid);
  archive = place('saved.tar');
});
afterEach(() => site.remove());

const place = (name: string) => path.join(site.site.appDir.shown, name);
const write = (name: string, text: string) => {
  writeFileSync(place(name), text);
  chownSync(place(name), site.site.user.uid, site.site.user.gid);
};
const saved = (patterns = ['config/*.json']) => ({ patterns, archive: new TenantPath(archive), timeLimitMs: 10_000 });

test('files come back with their content and mode', async () => {
  write('config/a.json', 'old');
  chmodSync(place('config/a.json'), 0o600);
  await saveFiles(site, saved());
  write('config/a.json', 'new and longer');
  chmodSync(place('config/a.json'), 0o644);
  await putFilesBack(site, saved());
  expect(readFileSync(place('config/a.json'), 'utf8')).toBe('old');
  expect(statSync(place('config/a.json')).mode & 0o777).toBe(0o600);
});

test('a file that was deleted comes back, and one that is new goes', async () => {
  write('config/-a b\n.json', 'old');
  write('config/other.txt', 'kept');
  await saveFiles(site, saved());
  await site.run('rm', { title: 'rm', argv: ['rm', '--', './config/-a b\n.json'], ...commandPlace() });
  write('config/new.json', 'new');
  await putFilesBack(site, saved());
  expect(readdirSync(place('config')).toSorted()).toEqual(['-a b\n.json', 'other.txt']);
});

const commandPlace = () => ({
  user: site.site.user,
  cwd: site.site.appDir,
  env: site.site.env,
  timeLimitMs: 10_000,
});

test('nothing that matches is saved as nothing, and put back as nothing', async () => {
  await saveFiles(site, saved());
  write('config/new.json', 'new');
  await putFilesBack(site, saved());
  expect(readdirSync(place('config'))).toEqual([]);
});

test('putting back may be done again', async () => {
  write('config/a.json', 'old');
  await saveFiles(site, saved());
  write('config/a.json', 'new');
  await putFilesBack(site, saved());
  await putFilesBack(site, saved());
  expect(readFileSync(place('config/a.json'), 'utf8')).toBe('old');
});

test('without an archive nothing is touched: the files were never saved', async () => {
  write('config/a.json', 'old');
  await putFilesBack(site, saved());
  expect(readFileSync(place('config/a.json'), 'utf8')).toBe('old');
});

test('a damaged archive is an error and costs no file', async () => {
  write('config/a.json', 'now');
  write('saved.tar', 'this is no archive');
  await expect(putFilesBack(site, saved())).rejects.toMatchObject({ code: 'command-failed' });
  expect(readFileSync(place('config/a.json'), 'utf8')).toBe('now');
});

test('an archive that cannot be written is an error, and no half of it counts', async () => {
  write('config/a.json', 'old');
  const elsewhere = path.join(site.folder, 'saved.tar');
  await expect(saveFiles(site, { ...saved(), archive: new TenantPath(elsewhere) })).rejects.toMatchObject({
    code: 'command-failed',
  });
  expect(existsSync(elsewhere)).toBe(false);
});
