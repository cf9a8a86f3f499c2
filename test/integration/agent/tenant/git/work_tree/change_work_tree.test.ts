import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeBundle } from '../../../../../../agent/tenant/git/bundle.js';
import { checkOut } from '../../../../../../agent/tenant/git/work_tree/check_out.js';
import { importBundle } from '../../../../../../agent/tenant/git/work_tree/import_bundle.js';
import { putBack } from '../../../../../../agent/tenant/git/work_tree/put_back.js';
import { readWorkTree } from '../../../../../../agent/tenant/git/work_tree/read_work_tree.js';
import { saveModifications } from '../../../../../../agent/tenant/git/work_tree/save_modifications.js';
import { giveToNobody, writeFiles } from '../../../../../helpers/git/git_repository.js';
import { nobody } from '../../../../../helpers/agent/run_commands.js';
import { makeMirror, makeRemote, makeTenant, openTenant, timeLimitMs, useFolders } from '../tenant.js';

const makeFolder = useFolders();
const first = { kept: '1\n', changed: '1\n', staged: '1\n', gone: '1\n', binary: 'a\0b', 'run.sh': '#!/bin/sh\n' };

/** A tenant on v1.0.0 of a remote that has v1.1.0, and what brings objects to it. */
async function prepare() {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const old = remote.release('v1.0.0', first);
  const target = remote.release('v1.1.0', { kept: '2\n', changed: null, 'sub/new': '2\n' });
  const mirror = await makeMirror(folder, remote);
  const tenant = makeTenant(folder, remote, 'v1.0.0');
  // A clone has all tags; only what comes in the bundle is to count.
  for (const tag of ['v1.0.0', 'v1.1.0']) tenant.git('tag', '--delete', tag);
  tenant.git('remote', 'remove', 'origin');
  tenant.git('branch', '--delete', '--force', 'main');
  tenant.git('reflog', 'expire', '--expire=all', '--all');
  tenant.git('prune', '--expire=now');
  const file = path.join(folder, 'objects.bundle');
  const bring = async (commit: string, have: string | null, object = commit) => {
    await writeBundle(mirror, { object, commit, have, file, user: nobody });
    await importBundle(tenant, { file, tag: 'v1.1.0', object, commit, previous: commit, timeLimitMs });
  };
  return { folder, remote, mirror, tenant, old, target, bring, file };
}

/** Modifies the work tree in every way there is. */
function modify(appDir: string, git: (...args: string[]) => string): void {
  writeFiles(appDir, { changed: 'mine\r\n', staged: 'mine', gone: null, binary: 'x\0y\xff', 'lib/added': 'mine\n' });
  chmodSync(path.join(appDir, 'run.sh'), 0o755);
  symlinkSync('kept', path.join(appDir, 'link'));
  giveToNobody(appDir);
  git('add', 'staged', 'lib/added', 'link');
}

async function prepareModified() {
  const prepared = await prepare();
  const { tenant, old, target, bring } = prepared;
  await bring(target, old);
  modify(tenant.site.appDir.shown, tenant.git);
  const before = await readWorkTree(tenant);
  const patch = await saveModifications(tenant, { timeLimitMs });
  await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
  return { ...prepared, before, patch };
}

describe('a bundle', () => {
  it('brings the target into the tenant’s repository, as often as wanted', async () => {
    const { tenant, old, target, bring } = await prepare();
    expect(() => tenant.git('cat-file', '-e', target)).toThrow('exit');
    await bring(target, old);
    await bring(target, old);
    expect(tenant.git('rev-parse', 'refs/drover/v1.1.0')).toBe(target);
    expect(tenant.git('fsck', '--full', '--strict')).toBe('');
    expect(tenant.git('tag', '--list')).toBe('v1.1.0');
  });

  it('can be read by the tenant’s group only', async () => {
    const { target, bring, file } = await prepare();
    await bring(target, null);
    const { mode, uid, gid } = statSync(file);
    expect([mode & 0o777, uid, gid]).toEqual([0o640, 0, nobody.gid]);
  });

  it('brings the commit that is there already, or lies before it', async () => {
    const { tenant, old, target, bring } = await prepare();
    await bring(old, old);
    await bring(
      target,
      target.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    await bring(old, target);
    expect(tenant.git('rev-parse', 'refs/drover/v1.1.0')).toBe(old);
  });

  it('brings the whole history to a repository whose history is cut off', async () => {
    const { folder, remote, old, target, mirror } = await prepare();
    const shallow = path.join(folder, 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', '--branch=v1.0.0', remote.url, shallow], { stdio: 'ignore' });
    giveToNobody(shallow);
    const tenant = openTenant(shallow);
    const file = path.join(folder, 'whole.bundle');
    await writeBundle(mirror, { object: target, commit: target, have: null, file, user: nobody });
    await importBundle(tenant, { file, tag: 'v1.1.0', object: target, commit: target, previous: target, timeLimitMs });
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    expect((await readWorkTree(tenant)).head).toBe(target);
  });

  it('sets the tag as the remote has it, annotated, so that git describes the work tree by it', async () => {
    const { remote, tenant, old, target, bring } = await prepare();
    const object = remote.git('rev-parse', 'refs/tags/v1.1.0');
    await bring(target, old, object);
    await bring(target, old, object);
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    expect(tenant.git('describe')).toBe('v1.1.0');
    expect(tenant.git('rev-parse', 'refs/tags/v1.1.0')).toBe(object);
  });

  it('that lacks the commit fails the import', async () => {
    const { tenant, mirror, old, target, file } = await prepare();
    await writeBundle(mirror, { object: old, commit: old, have: null, file, user: nobody });
    const pin = { tag: 'v1.1.0', object: old, commit: target, previous: old };
    await expect(importBundle(tenant, { file, ...pin, timeLimitMs })).rejects.toMatchObject({
      code: 'command-failed',
    });
  });
});

describe('checkOut', () => {
  it('puts the work tree on the target over modified files, and leaves untracked ones', async () => {
    const { tenant, old, target, bring } = await prepare();
    await bring(target, old);
    writeFiles(tenant.site.appDir.shown, { kept: 'mine', gone: null, 'cache/local': 'mine' });
    giveToNobody(tenant.site.appDir.shown);
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    expect(await readWorkTree(tenant)).toEqual({ head: target, branch: null, modified: [] });
    expect(() => tenant.git('symbolic-ref', '--quiet', 'HEAD')).toThrow('exit 1');
    const read = (name: string) => readFileSync(path.join(tenant.site.appDir.shown, name), 'utf8');
    expect(['kept', 'sub/new', 'cache/local'].map(read)).toEqual(['2\n', '2\n', 'mine']);
    expect(statSync(path.join(tenant.site.appDir.shown, 'sub/new')).uid).toBe(nobody.uid);
  });

  it('goes on where a git that died with the host left its locks', async () => {
    const { tenant, old, target, bring } = await prepare();
    const locks = ['.git/index.lock', '.git/HEAD.lock', '.git/refs/drover/v1.1.0.lock'];
    writeFiles(tenant.site.appDir.shown, Object.fromEntries(locks.map((name) => [name, ''])));
    giveToNobody(tenant.site.appDir.shown);
    await bring(target, old);
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    expect((await readWorkTree(tenant)).head).toBe(target);
  });

  it('runs filters as the tenant’s user, and neither monitor nor hooks', async () => {
    const { tenant, folder, old, target, bring } = await prepare();
    await bring(target, old);
    const markers = path.join(folder, 'markers');
    mkdirSync(markers);
    chmodSync(markers, 0o777);
    const mark = (name: string) => `sh -c 'touch ${markers}/${name}.$(id -un); cat'`;
    tenant.git('config', 'core.fsmonitor', mark('fsmonitor'));
    tenant.git('config', 'filter.evil.smudge', mark('smudge'));
    tenant.git('config', 'core.hooksPath', path.join(tenant.site.appDir.shown, '.git/hooks'));
    const hooks = ['post-checkout', 'post-index-change', 'reference-transaction'].map((name) => `.git/hooks/${name}`);
    const script = `#!/bin/sh\n${mark('hook')} </dev/null\n`;
    writeFiles(tenant.site.appDir.shown, { '.git/info/attributes': '* filter=evil\n' });
    writeFiles(tenant.site.appDir.shown, Object.fromEntries(hooks.map((name) => [name, script])));
    for (const hook of hooks) chmodSync(path.join(tenant.site.appDir.shown, hook), 0o755);
    giveToNobody(tenant.site.appDir.shown);
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    expect(execFileSync('ls', [markers], { encoding: 'utf8' })).toBe('smudge.nobody\n');
  });
});

describe('putBack', () => {
  it('restores modified, staged, added, deleted, linked and executable files exactly', async () => {
    const { tenant, old, before, patch } = await prepareModified();
    expect(before.modified).toHaveLength(7);
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    expect(await readWorkTree(tenant)).toEqual(before);
    expect(statSync(path.join(tenant.site.appDir.shown, 'run.sh')).mode & 0o777).toBe(0o755);
    expect(readFileSync(path.join(tenant.site.appDir.shown, 'changed'), 'utf8')).toBe('mine\r\n');
    expect(existsSync(path.join(tenant.site.appDir.shown, 'sub'))).toBe(false);
  });

  it('may be called again, also when it was killed half-way or a hook made an added file anew', async () => {
    const { tenant, old, before, patch } = await prepareModified();
    writeFiles(tenant.site.appDir.shown, {
      'lib/added': 'made by a hook',
      gone: 'made by a hook',
      '.git/index.lock': '',
      '.git/drover-index.lock': '',
    });
    giveToNobody(tenant.site.appDir.shown);
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    expect(await readWorkTree(tenant)).toEqual(before);
  });

  it('leaves nothing staged, and added files known to git', async () => {
    const { tenant, old, patch } = await prepareModified();
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    expect(tenant.git('diff', '--cached', '--name-only')).toBe('');
    expect(tenant.git('ls-files', '--others')).toBe('');
  });

  it('leaves a work tree from which the same patch can be saved', async () => {
    const { tenant, old, patch } = await prepareModified();
    const saved = readFileSync(patch, 'latin1');
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    expect(readFileSync(await saveModifications(tenant, { timeLimitMs }), 'latin1')).toBe(saved);
  });

  it('puts a work tree without modifications on the old commit', async () => {
    const { tenant, old, target, bring } = await prepare();
    await bring(target, old);
    const patch = await saveModifications(tenant, { timeLimitMs });
    expect(readFileSync(patch, 'utf8')).toBe('');
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    expect(await readWorkTree(tenant)).toEqual({ head: old, branch: null, modified: [] });
  });

  it('is not misled by what the repository configures about diffs and patches', async () => {
    const { tenant, old, target, bring, folder } = await prepare();
    await bring(target, old);
    const config = {
      'diff.noprefix': 'true',
      'diff.external': `touch ${folder}/app/external`,
      'diff.renames': 'copies',
      'diff.context': '0',
      'color.ui': 'always',
      'apply.whitespace': 'fix',
      'core.autocrlf': 'input',
      'core.safecrlf': 'warn',
    };
    for (const [key, value] of Object.entries(config)) tenant.git('config', key, value);
    writeFiles(tenant.site.appDir.shown, { changed: 'trailing  \nspace\t\n', staged: null, 'moved/staged': '1\n' });
    giveToNobody(tenant.site.appDir.shown);
    tenant.git('add', '--all');
    const before = await readWorkTree(tenant);
    const patch = await saveModifications(tenant, { timeLimitMs });
    await checkOut(tenant, { commit: target, previous: old, timeLimitMs });
    await putBack(tenant, { commit: old, branch: null, patch, timeLimitMs });
    expect(await readWorkTree(tenant)).toEqual(before);
    expect(existsSync(path.join(tenant.site.appDir.shown, 'external'))).toBe(false);
  });
});
