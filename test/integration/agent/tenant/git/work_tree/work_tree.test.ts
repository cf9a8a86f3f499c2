import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHidden } from '../../../../../../agent/tenant/git/work_tree/check_hidden.js';
import { findUntracked } from '../../../../../../agent/tenant/git/work_tree/find_untracked.js';
import { findGaps } from '../../../../../../agent/tenant/git/work_tree/find_gaps.js';
import { readWorkTree } from '../../../../../../agent/tenant/git/work_tree/read_work_tree.js';
import { giveToNobody, makeRepository, writeFiles } from '../../../../../helpers/git/git_repository.js';
import { makeRemote, makeTenant, openTenant, useFolders, type Tenant } from '../tenant.js';

const makeFolder = useFolders();

function blobOf(text: string): string {
  return execFileSync('git', ['hash-object', '--stdin'], { input: text, encoding: 'utf8' }).trim();
}

function prepare(files: Record<string, string> = { kept: '1', changed: '1', staged: '1', gone: '1' }): Tenant {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  remote.release('v1.0.0', files);
  return makeTenant(folder, remote, 'v1.0.0');
}

/** Writes into the work tree as its user would. */
function write(tenant: Tenant, files: Record<string, string | null>): void {
  writeFiles(tenant.site.appDir.shown, files);
  giveToNobody(tenant.site.appDir.shown);
}

describe('readWorkTree', () => {
  it('reports HEAD and nothing else of a clean work tree', async () => {
    const tenant = prepare();
    write(tenant, { 'cache/untracked': 'x' });
    expect(await readWorkTree(tenant)).toEqual({ head: tenant.git('rev-parse', 'HEAD'), branch: null, modified: [] });
  });

  it('reports files modified, staged, added, deleted and linked anew, each with the blob of what lies there', async () => {
    const tenant = prepare();
    write(tenant, { changed: '2', staged: '2', gone: null, 'sub/-new é\n': '3', kept: null });
    symlinkSync('/nonexistent', path.join(tenant.site.appDir.shown, 'kept'));
    tenant.git('add', 'staged', 'sub');
    const { modified } = await readWorkTree(tenant);
    expect(Object.fromEntries(modified.map(({ path, blob }) => [path, blob]))).toEqual({
      changed: blobOf('2'),
      staged: blobOf('2'),
      gone: null,
      kept: blobOf('/nonexistent'),
      'sub/-new é\n': blobOf('3'),
    });
  });

  it('reports the blob of the bytes that lie there, whatever would become of them in a commit', async () => {
    const tenant = prepare();
    tenant.git('config', 'core.autocrlf', 'input');
    write(tenant, { changed: '2\r\n' });
    expect((await readWorkTree(tenant)).modified).toEqual([
      { path: 'changed', blob: blobOf('2\r\n'), differs: 'content' },
    ]);
  });

  it('does not take a file for modified that only has another time', async () => {
    const tenant = prepare();
    write(tenant, { changed: '1' });
    execFileSync('touch', ['--date=2001-01-01', path.join(tenant.site.appDir.shown, 'kept')]);
    expect((await readWorkTree(tenant)).modified).toEqual([]);
  });

  it('runs what the repository configures as its user if at all, and never its monitor or its hooks', async () => {
    const tenant = prepare({ kept: '1', '.gitattributes': '* filter=evil diff=evil\n' });
    const markers = path.join(path.dirname(tenant.site.appDir.shown), 'markers');
    mkdirSync(markers);
    chmodSync(markers, 0o777);
    const mark = (name: string) => `sh -c 'touch ${markers}/${name}.$(id -un); cat'`;
    tenant.git('config', 'core.fsmonitor', mark('fsmonitor'));
    tenant.git('config', 'core.hooksPath', path.join(tenant.site.appDir.shown, '.git/hooks'));
    tenant.git('config', 'filter.evil.clean', mark('filter'));
    tenant.git('config', 'diff.evil.textconv', mark('textconv'));
    write(tenant, { kept: 'changed', '.git/hooks/post-index-change': `#!/bin/sh\n${mark('hook')}\n` });
    chmodSync(path.join(tenant.site.appDir.shown, '.git/hooks/post-index-change'), 0o755);
    await readWorkTree(tenant);
    await checkHidden(tenant);
    await findUntracked(tenant, ['new']);
    const ran = execFileSync('ls', [markers], { encoding: 'utf8' }).split('\n');
    expect(ran.filter((name) => name !== '' && name !== 'filter.nobody')).toEqual([]);
  });

  it('changes nothing, not even the index', async () => {
    const tenant = prepare();
    const index = path.join(tenant.site.appDir.shown, '.git/index');
    execFileSync('touch', ['--date=2001-01-01', path.join(tenant.site.appDir.shown, 'kept'), index]);
    const before = execFileSync('stat', ['--format=%i %Y', index], { encoding: 'utf8' });
    await readWorkTree(tenant);
    expect(execFileSync('stat', ['--format=%i %Y', index], { encoding: 'utf8' })).toBe(before);
  });

  it('names owner, user and the way out when the work tree is another user’s', async () => {
    const tenant = prepare();
    execFileSync('chown', ['--recursive', 'daemon:', tenant.site.appDir.shown]);
    await expect(readWorkTree(tenant)).rejects.toMatchObject({
      code: 'work-tree',
      message: expect.stringMatching(/belongs to daemon, but the tenant's user is nobody/),
      hint: `chown -R nobody: ${tenant.site.appDir.shown}`,
    });
  });

  it('refuses a folder that is no work tree, is inside one, or is a bare repository', async () => {
    const folder = makeFolder();
    const tenant = prepare();
    mkdirSync(path.join(tenant.site.appDir.shown, 'sub'));
    const bare = path.join(folder, 'bare.git');
    execFileSync('git', ['init', '--quiet', '--bare', bare]);
    giveToNobody(bare);
    await expect(readWorkTree(openTenant(folder))).rejects.toThrow('is not a git work tree');
    const sub = openTenant(path.join(tenant.site.appDir.shown, 'sub'));
    await expect(readWorkTree(sub)).rejects.toThrow('is not the top of its git work tree');
    await expect(readWorkTree(openTenant(bare))).rejects.toThrow('not in a work tree');
  });

  it('refuses a repository whose own configuration moves its work tree elsewhere', async () => {
    const tenant = prepare();
    tenant.git('config', 'core.worktree', '/tmp');
    await expect(readWorkTree(tenant)).rejects.toMatchObject({ code: 'work-tree' });
  });

  it('refuses an unborn HEAD', async () => {
    const folder = makeFolder();
    const repository = makeRepository(path.join(folder, 'app'));
    giveToNobody(repository.folder);
    await expect(readWorkTree(openTenant(repository.folder))).rejects.toThrow('no commit checked out');
  });

  it.each([
    ['MERGE_HEAD', /git merge --abort/],
    ['rebase-merge', /git rebase --abort/],
    ['index.lock', /remove the file/],
  ])('refuses a repository with %s, and says what to do', async (name, hint) => {
    const tenant = prepare();
    write(tenant, { [`.git/${name}`]: '' });
    await expect(readWorkTree(tenant)).rejects.toMatchObject({
      code: 'work-tree',
      message: expect.stringContaining(path.join(tenant.site.appDir.shown, '.git', name)),
      hint: expect.stringMatching(hint),
    });
  });

  it('reports a repository whose history is cut off', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.release('v1.0.0', { a: '1' });
    remote.release('v1.1.0', { a: '2' });
    const head = remote.git('rev-parse', 'v1.1.0');
    const whole = { isIncomplete: false, missing: [] };
    expect(await findGaps(makeTenant(folder, remote, 'v1.1.0'), head)).toEqual(whole);
    const shallow = path.join(folder, 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', remote.url, shallow]);
    giveToNobody(shallow);
    expect(await findGaps(openTenant(shallow), head)).toEqual({ isIncomplete: true, missing: [] });
  });
});

describe('checkHidden', () => {
  it('has nothing to say of ordinary changes', async () => {
    const tenant = prepare();
    write(tenant, { changed: '2', gone: null });
    await expect(checkHidden(tenant)).resolves.toBeUndefined();
  });

  it.each(['--skip-worktree', '--assume-unchanged'])('names what git was set to overlook by %s', async (option) => {
    const tenant = prepare();
    tenant.git('update-index', option, 'changed');
    await expect(checkHidden(tenant)).rejects.toMatchObject({ code: 'work-tree', details: { paths: ['changed'] } });
  });

  it('names a file that only the index has lost', async () => {
    const tenant = prepare();
    tenant.git('rm', '--quiet', '--cached', 'gone');
    await expect(checkHidden(tenant)).rejects.toMatchObject({ code: 'work-tree', details: { paths: ['gone'] } });
  });

  it('names a file in whose place there is a folder', async () => {
    const tenant = prepare();
    write(tenant, { gone: null, 'gone/inside': 'x' });
    await expect(checkHidden(tenant)).rejects.toMatchObject({ code: 'work-tree', details: { paths: ['gone'] } });
  });
});

describe('findUntracked', () => {
  const files = { 'src/app.py': '1', 'src/old/inner.py': '1', '.gitignore': 'ignored*\nvenv/\n' };

  it.each([
    ['an untracked file', 'src/new.py', { 'src/new.py': 'x' }],
    ['an ignored file', 'ignored.txt', { 'ignored.txt': 'x' }],
    ['a folder without tracked files', 'cache', { 'cache/a': 'x' }],
    ['a folder with an untracked file beside tracked ones', 'src/old', { 'src/old/local.py': 'x' }],
    ['a file in a folder without tracked files', 'venv/bin/python', { 'venv/bin/python': 'x' }],
    ['a file where a folder above must be', 'data/a/b', { data: 'x' }],
    ['a file where a folder above must be, in an untracked folder', 'venv/lib/a', { 'venv/lib': 'x' }],
    ['a file in a folder with a name like an option', '-delete/a', { '-delete/a': 'x' }],
  ])('finds %s', async (_, added, present) => {
    const tenant = prepare(files);
    write(tenant, present);
    expect(await findUntracked(tenant, ['free', added])).toEqual([added]);
  });

  it.each([
    ['a path in a folder without tracked files', 'venv/new', { 'venv/bin/python': 'x' }],
    ['a path beside an untracked one', 'src/new.py', { 'src/new.pyc': 'x' }],
    ['a path in the place of a folder with tracked files only', 'src/old', {}],
    ['a path below a tracked file', 'src/app.py/new', {}],
  ])('lets %s be', async (_, added, present) => {
    const tenant = prepare(files);
    write(tenant, present);
    expect(await findUntracked(tenant, [added])).toEqual([]);
  });

  it('finds a symlink above an added path, even one to a folder', async () => {
    const tenant = prepare(files);
    mkdirSync(path.join(tenant.site.appDir.shown, 'venv'));
    symlinkSync('/tmp', path.join(tenant.site.appDir.shown, 'venv/lib'));
    expect(await findUntracked(tenant, ['venv/lib/new'])).toEqual(['venv/lib/new']);
  });

  it('copes with more paths than fit on a command line', async () => {
    const tenant = prepare(files);
    const added = Array.from({ length: 20_000 }, (_, index) => `venv/${'x'.repeat(100)}${index}`);
    const last = added.at(-1) ?? '';
    write(tenant, { [last]: 'x' });
    expect(await findUntracked(tenant, added)).toEqual([last]);
  });
});
