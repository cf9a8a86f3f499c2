// What a remote's history may be made of, and what not.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchMirror } from '../../../../../agent/tenant/git/fetch_mirror.js';
import { resolveTags } from '../../../../../agent/tenant/git/tags.js';
import { makeRepository } from '../../../../helpers/git/git_repository.js';
import { limits, makeMirror, makeRemote, useFolders } from './tenant.js';

const makeFolder = useFolders();

describe('fetchMirror', () => {
  it('takes old commits with odd names, addresses and dates', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.commit({ a: '1' });
    const tree = remote.git('rev-parse', 'HEAD^{tree}');
    const odd = [
      'Ann <ann@example.com> 1e9 +0000',
      'Ann <ann@example.com> 01000000000 +0000',
      'Ann <ann@example.com> 99999999999999999999 +0000',
      'Ann <ann@example.com> 1000000000 +51800',
      'Ann <ann@example.com>1000000000 +0000',
      'Ann<ann@example.com> 1000000000 +0000',
      'Ann> Bee <ann@example.com> 1000000000 +0000',
      'Ann <<ann@example.com> 1000000000 +0000',
      'Ann 1000000000 +0000',
      '<ann@example.com> 1000000000 +0000',
    ];
    const file = path.join(folder, 'commit');
    for (const [at, who] of odd.entries()) {
      writeFileSync(file, `tree ${tree}\nauthor ${who}\ncommitter A <a@b> 1000000000 +0000\n\nold\n`);
      remote.git('tag', `v1.0.${at}`, remote.git('hash-object', '-t', 'commit', '-w', '--literally', file));
    }
    expect((await resolveTags(await makeMirror(folder, remote))).size).toBe(odd.length);
  });

  it('follows a remote that changes its object format', async () => {
    const folder = makeFolder();
    makeRemote(folder).release('v1.0.0', { a: '1' });
    const mirror = await makeMirror(folder, makeRemote(folder));
    rmSync(path.join(folder, 'remote'), { recursive: true });
    const remote = makeRepository(path.join(folder, 'remote'), 'sha256');
    const commit = remote.release('v1.1.0', { a: '1' });
    expect(await fetchMirror(mirror, limits)).toEqual({ movedTags: [] });
    expect((await resolveTags(mirror)).get('v1.1.0')).toMatchObject({ commit });
    expect((await resolveTags(mirror)).size).toBe(1);
  });

  it('refuses objects made to deceive', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.commit({ a: '1' });
    const blob = remote.git('rev-parse', 'HEAD:a');
    const tree = path.join(folder, 'tree');
    writeFileSync(tree, Buffer.concat([Buffer.from('100644 ..\0'), Buffer.from(blob, 'hex')]));
    const made = remote.git('hash-object', '-t', 'tree', '-w', '--literally', tree);
    remote.git('tag', 'v1.0.0', remote.git('commit-tree', '-m', 'evil', made));
    await expect(makeMirror(folder, remote)).rejects.toMatchObject({
      code: 'repository-unreachable',
      hint: expect.stringContaining('git fsck --strict'),
    });
  });
});
