import { chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listMarkers, removeNewMarkers } from '../../../../../agent/tenant/hooks/markers.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';

let site: FreshSite;
beforeEach(() => {
  site = makeFreshSite();
});
afterEach(() => site.remove());

const patterns = ['.release-*-done'];
const touch = (name: string) => writeFileSync(path.join(site.site.appDir.shown, name), '');
const left = () => readdirSync(site.site.appDir.shown).toSorted();

test('the markers that match are listed, and a folder without any has none', async () => {
  expect(await listMarkers(site, patterns)).toEqual([]);
  touch('.release-v1-done');
  touch('.release-v2');
  touch('other');
  expect(await listMarkers(site, patterns)).toEqual(['./.release-v1-done']);
});

test('new markers are removed, and those that were there before stay', async () => {
  touch('.release-v1-done');
  const before = await listMarkers(site, patterns);
  touch('.release-v2-done');
  touch('other');
  expect(await removeNewMarkers(site, { before, patterns })).toEqual(['./.release-v2-done']);
  expect(left()).toEqual(['.release-v1-done', 'other']);
});

test('removing them again finds nothing to do', async () => {
  touch('.release-v2-done');
  await removeNewMarkers(site, { before: [], patterns });
  expect(await removeNewMarkers(site, { before: [], patterns })).toEqual([]);
});

test('odd names are names', async () => {
  const odd = ['-rf done', 'a\nb done', '$(touch x) done', '* done', "it's done"];
  for (const name of odd) touch(name);
  touch('a kept file');
  expect(await removeNewMarkers(site, { before: [], patterns: ['*done'] })).toHaveLength(odd.length);
  expect(left()).toEqual(['a kept file']);
});

test('a pattern reaches into folders where it says so', async () => {
  mkdirSync(path.join(site.site.appDir.shown, 'db/deep'), { recursive: true });
  for (const folder of ['db', 'db/deep']) {
    chownSync(path.join(site.site.appDir.shown, folder), site.site.user.uid, site.site.user.gid);
    touch(`${folder}/x.done`);
  }
  expect(await listMarkers(site, ['db/*.done'])).toEqual(['./db/x.done']);
  expect(await listMarkers(site, ['db/**/*.done', 'db/*.done'])).toEqual(['./db/deep/x.done', './db/x.done']);
});

test('a marker that is a symlink is removed itself, not what it points to', async () => {
  touch('precious');
  symlinkSync('precious', path.join(site.site.appDir.shown, '.release-v1-done'));
  await removeNewMarkers(site, { before: [], patterns });
  expect(left()).toEqual(['precious']);
});
