// Two tenants that share a folder, a database or a unit, in whatever way, are refused, and each error names both files.
import { execFileSync } from 'node:child_process';
import { chownSync, lchownSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { currentUser } from '../../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../../agent/config/load.js';
import { watchTenants } from '../../../../agent/config/watch_tenants.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeHost, type Host } from './make_host.js';

const nobody = 65534;

let host: Host;
let fileOf: Record<'a' | 'b', string>;
beforeEach(async () => {
  host = await makeHost();
  fileOf = { a: await writeTenant('a'), b: await writeTenant('b') };
});
afterEach(() => host.remove());

const folderOf = (slug: string) => path.join(host.folder, slug);
const load = async () => loadTenants(await loadAgentConfig(host.agentFile), currentUser());

/** The tenant's file with these keys changed. */
function writeTenant(slug: string, keys: Readonly<Record<string, string>> = {}): Promise<string> {
  let text = host.tenantText(slug);
  for (const [key, value] of Object.entries(keys)) {
    text = text.replace(new RegExp(`^${key}: .*$`, 'm'), `${key}: ${value}`);
  }
  return host.write(`tenants.d/${slug}.yaml`, text);
}

/** The usable tenants, and what is said of the two. */
async function outcome() {
  const { tenants, problems } = await load();
  const messageOf = (slug: string) => problems.find((each) => each.slug === slug)?.error.message ?? '';
  return { usable: [...tenants.keys()], a: messageOf('a'), b: messageOf('b') };
}

/** Both are refused, and the error of each names both files and lines. */
const bothRefused = (key: string) => ({
  usable: [],
  a: expect.stringMatching(new RegExp(`^${fileOf.a}:\\d+: .* of b \\(.*${fileOf.b}:\\d+\\)`, 'm')),
  b: expect.stringMatching(new RegExp(`^${fileOf.b}:\\d+: ${key}: .* of a \\(.*${fileOf.a}:\\d+\\)`, 'm')),
});

describe('two tenants', () => {
  test('with folders of their own are both usable', async () => {
    expect([...(await load()).tenants.keys()]).toEqual(['a', 'b']);
  });

  test('with one app_dir are both refused', async () => {
    await writeTenant('b', { app_dir: folderOf('a') });
    expect(await outcome()).toEqual(bothRefused('app_dir'));
  });

  test('of which one lies in the other are both refused', async () => {
    mkdirSync(path.join(folderOf('a'), 'deep/b/.git'), { recursive: true });
    await writeTenant('b', { app_dir: path.join(folderOf('a'), 'deep/b') });
    expect(await outcome()).toEqual(bothRefused('app_dir'));
  });

  test('of which one has its data in the app of the other are both refused', async () => {
    mkdirSync(path.join(folderOf('a'), 'more'));
    await writeTenant('b', { data_dir: path.join(folderOf('a'), 'more') });
    expect(await outcome()).toEqual(bothRefused('data_dir'));
  });

  test('with one folder through a link of root’s are both refused', async () => {
    symlinkSync(folderOf('a'), path.join(host.folder, 'link'));
    await writeTenant('b', { app_dir: path.join(host.folder, 'link') });
    expect(await outcome()).toEqual(bothRefused('app_dir'));
  });

  test('with one folder through a mount are both refused', async () => {
    const mounted = path.join(host.folder, 'mounted');
    mkdirSync(mounted);
    execFileSync('mount', ['--bind', folderOf('a'), mounted]);
    try {
      await writeTenant('b', { data_dir: path.join(mounted, 'db') });
      expect(await outcome()).toEqual(bothRefused('data_dir'));
    } finally {
      execFileSync('umount', [mounted]);
    }
  });

  test('with one database, as a link or as a second name, are both refused', async () => {
    const [ofA, ofB] = ['a', 'b'].map((slug) => path.join(folderOf(slug), 'db/pocket.db'));
    writeFileSync(ofA ?? '', 'rows');
    for (const slug of ['a', 'b']) await writeTenant(slug, { database: '{ sqlite: pocket.db }' });
    linkSync(ofA ?? '', ofB ?? '');
    expect(await outcome()).toEqual(bothRefused('database.sqlite'));
    rmSync(ofB ?? '');
    symlinkSync(ofA ?? '', ofB ?? '');
    expect(await outcome()).toEqual(bothRefused('database.sqlite'));
  });

  test('with one name of backups in one backup_dir, also through a link, are both refused', async () => {
    const [folder, link] = ['backups', 'link'].map((name) => path.join(host.folder, name));
    mkdirSync(folder ?? '');
    symlinkSync(folder ?? '', link ?? '');
    await writeTenant('a', { database: `{ sqlite: pocket.db, backup_dir: ${folder} }` });
    await writeTenant('b', { database: `{ sqlite: deep/pocket.db, backup_dir: ${link} }` });
    expect(await outcome()).toEqual(bothRefused('database.backup_dir'));
  });

  test('with one backup_dir and other names in it are both usable', async () => {
    const folder = path.join(host.folder, 'backups');
    await writeTenant('a', { database: `{ sqlite: pocket.db, backup_dir: ${folder} }` });
    await writeTenant('b', { database: `{ sqlite: other.db, backup_dir: ${folder} }` });
    expect((await outcome()).usable).toEqual(['a', 'b']);
    await writeTenant('b', { database: `{ backup: [pg_dump], restore: [psql], backup_dir: ${folder} }` });
    expect((await outcome()).usable).toEqual(['a', 'b']);
  });

  test('of which one has its backups in the data of the other are both refused', async () => {
    await writeTenant('b', { database: `{ sqlite: other.db, backup_dir: ${path.join(folderOf('a'), 'db')} }` });
    expect(await outcome()).toEqual(bothRefused('database.backup_dir'));
  });

  test('whose databases are to be in folders that are not there yet are both usable', async () => {
    for (const slug of ['a', 'b']) await writeTenant(slug, { database: '{ sqlite: deep/pocket.db }' });
    expect((await outcome()).usable).toEqual(['a', 'b']);
  });

  test('with one unit are both refused', async () => {
    await writeTenant('a', { services: '[web.service, a.service]' });
    await writeTenant('b', { services: '[b.service, web.service]' });
    expect(await outcome()).toEqual(bothRefused('services\\[1\\]'));
  });

  test('of which one was led into the other by a link of its own: that one alone is refused', async () => {
    const own = folderOf('b');
    renameSync(own, `${own}.aside`);
    symlinkSync(folderOf('a'), own);
    lchownSync(own, nobody, nobody);
    const { tenants, problems } = await load();
    expect([...tenants.keys()]).toEqual(['a']);
    expect(problems).toMatchObject([{ slug: 'b', error: { message: expect.stringContaining('of a (') } }]);
  });
});

test('of many tenants with one folder each error names one, and counts the others', async () => {
  for (const slug of ['b', 'c', 'd']) await writeTenant(slug, { app_dir: folderOf('a') });
  const { tenants, problems } = await load();
  expect(tenants.size).toBe(0);
  expect(problems.find(({ slug }) => slug === 'd')?.error.message).toContain('and so with 2 more tenants');
});

test('a running agent takes none of two tenants once they share something, not even as it was, and both when they do not', async () => {
  const tenants = await watchTenants(await loadAgentConfig(host.agentFile), {
    log: collectLog(),
    agentUser: currentUser(),
  });
  onTestFinished(() => tenants.close());
  const change = async (work: () => Promise<unknown>) => {
    const seen = new Promise<void>((resolve) => {
      const stop = tenants.onChange(() => {
        stop();
        resolve();
      });
    });
    await work();
    await seen;
  };
  chownSync(folderOf('a'), nobody, nobody);
  await change(() => writeTenant('b', { app_dir: folderOf('a') }));
  for (const slug of ['a', 'b']) expect(() => tenants.find(slug)).toThrow(/app_dir: .* of [ab] \(/);
  await change(() => writeTenant('b'));
  for (const slug of ['a', 'b']) expect(tenants.find(slug)).toMatchObject({ slug, warnings: [] });

  // The older state of a broken file counts, for it is what an upgrade would use.
  await change(() => host.write('tenants.d/a.yaml', `${host.tenantText('a')}colour: red\n`));
  const text = expect.stringMatching(/a\.yaml cannot be used now; .*colour: unknown key/);
  expect(tenants.find('a').warnings).toEqual([{ code: 'older-config', text }]);
  await change(() => writeTenant('b', { app_dir: folderOf('a') }));
  for (const slug of ['a', 'b']) expect(() => tenants.find(slug)).toThrow(/ of [ab] \(|colour: unknown key/);
});
