import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchMirror } from '../../../../../agent/tenant/git/fetch_mirror.js';
import { openMirror } from '../../../../../agent/tenant/git/mirror.js';
import { hasCommit, mergedTags, resolveTag, resolveTags } from '../../../../../agent/tenant/git/tags.js';
import { giveToNobody } from '../../../../helpers/git/git_repository.js';
import { limits, makeMirror, makeRemote, useFolders } from './tenant.js';

const makeFolder = useFolders();

/** A server that accepts connections and never says a word; it goes with the test. */
async function listenSilently(): Promise<{ port: number; connected: Promise<net.Socket> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => sockets.add(socket.on('error', () => socket.destroy())));
  const connected = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, connected };
}

describe('openMirror', () => {
  it('makes one mirror for one remote, also when asked at the same time', async () => {
    const mirrorsDir = path.join(makeFolder(), 'mirrors');
    const mirrors = await Promise.all([1, 2, 3].map(() => openMirror({ mirrorsDir, repo: 'file:///srv/app.git' })));
    expect(new Set(mirrors.map(({ folder }) => folder)).size).toBe(1);
    expect(readdirSync(mirrorsDir)).toHaveLength(1);
  });

  it('makes a mirror anew that a power cut left unusable', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.release('v1.0.0', { a: '1' });
    const mirror = await makeMirror(folder, remote);
    writeFileSync(path.join(mirror.folder, 'HEAD'), '');
    const again = await makeMirror(folder, remote);
    expect([...(await resolveTags(again)).keys()]).toEqual(['v1.0.0']);
  });
});

describe('fetchMirror', () => {
  it('brings new tags, forgets deleted ones and keeps their objects', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    const first = remote.release('v1.0.0', { a: '1' });
    const mirror = await makeMirror(folder, remote);
    remote.release('v1.1.0', { a: '2' });
    remote.git('tag', '--delete', 'v1.0.0');
    expect(await fetchMirror(mirror, limits)).toEqual({ movedTags: [] });
    expect([...(await resolveTags(mirror)).keys()]).toEqual(['v1.1.0']);
    expect(await hasCommit(mirror, first)).toBe(true);
  });

  it('says which tags moved', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    const from = remote.commit({ a: '1' });
    remote.git('tag', 'v1.0.0');
    remote.release('v1.1.0', { a: '2' });
    const mirror = await makeMirror(folder, remote);
    const to = remote.commit({ a: '3' });
    remote.git('tag', '--force', 'v1.0.0');
    const { movedTags } = await fetchMirror(mirror, limits);
    expect(movedTags).toEqual([{ tag: 'v1.0.0', from, to }]);
    expect((await resolveTag(mirror, 'v1.0.0'))?.commit).toBe(to);
  });

  it('fetches over the locks of a fetch that was killed', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.release('v1.0.0', { a: '1' });
    const mirror = await openMirror({ mirrorsDir: folder, repo: remote.url });
    mkdirSync(path.join(mirror.folder, 'refs/tags'), { recursive: true });
    writeFileSync(path.join(mirror.folder, 'refs/tags/v1.0.0.lock'), '');
    writeFileSync(path.join(mirror.folder, 'packed-refs.lock'), '');
    await fetchMirror(mirror, limits);
    expect([...(await resolveTags(mirror)).keys()]).toEqual(['v1.0.0']);
  });

  it('names the remote that is not there, without its password, with what git said', async () => {
    const repo = 'https://user:hunter2@127.0.0.1:1/app.git';
    const mirror = await openMirror({ mirrorsDir: makeFolder(), repo });
    const failure = await fetchMirror(mirror, limits).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'repository-unreachable' });
    expect(String(failure)).toMatch(/https:\/\/\*\*\*@127\.0\.0\.1:1\/app\.git.*Failed to connect/s);
    expect(String(failure)).not.toContain('hunter2');
  });

  it('gives up on a remote that accepts and then says nothing', async () => {
    const { port, connected } = await listenSilently();
    const mirror = await openMirror({ mirrorsDir: makeFolder(), repo: `https://127.0.0.1:${port}/app.git` });
    const fetched = fetchMirror(mirror, { ...limits, stallLimitMs: 500 });
    await expect(fetched).rejects.toMatchObject({
      code: 'repository-unreachable',
      message: expect.stringContaining('did not end within 0.5 s'),
    });
    await expect(connected).resolves.toBeInstanceOf(net.Socket);
  });

  it('stops at once when aborted, its helpers too', async () => {
    const { port, connected } = await listenSilently();
    const stop = new AbortController();
    const mirror = await openMirror({ mirrorsDir: makeFolder(), repo: `ssh://git@127.0.0.1:${port}/app.git` });
    const fetched = fetchMirror(mirror, { ...limits, signal: stop.signal });
    const socket = await connected;
    const closed = new Promise((resolve) => socket.resume().once('close', resolve));
    stop.abort(new Error('enough'));
    await expect(fetched).rejects.toThrow('enough');
    await closed;
  });

  it.each(['ext::touch MARKER', 'http://127.0.0.1:1/app.git', 'git://127.0.0.1:1/app.git'])(
    'takes nothing but https, ssh and file: not %s',
    async (repo) => {
      const folder = makeFolder();
      const marker = path.join(folder, 'marker');
      const mirror = await openMirror({ mirrorsDir: folder, repo: repo.replace('MARKER', marker) });
      await expect(fetchMirror(mirror, limits)).rejects.toThrow(/transport '\w+' not allowed/);
      expect(existsSync(marker)).toBe(false);
    },
  );

  it('never runs as root what a tenant-owned repository configures', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    const marker = path.join(folder, 'marker');
    remote.release('v1.0.0', { a: '1', '.gitattributes': '* filter=evil\n' });
    for (const key of ['core.fsmonitor', 'filter.evil.clean', 'filter.evil.smudge', 'uploadpack.packObjectsHook']) {
      remote.git('config', key, `touch ${marker}`);
    }
    writeFileSync(path.join(remote.folder, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch ${marker}\n`, {
      mode: 0o755,
    });
    remote.git('config', 'core.hooksPath', path.join(remote.folder, '.git/hooks'));
    await makeMirror(folder, remote);
    giveToNobody(remote.folder);
    const mirror = await openMirror({ mirrorsDir: path.join(folder, 'others'), repo: remote.url });
    await expect(fetchMirror(mirror, limits)).rejects.toThrow('belongs to another user');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('tags', () => {
  it('resolve to their commit, annotated or not', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    const commit = remote.release('v1.0.0', { a: '1' });
    remote.git('tag', 'v1.0.1');
    const mirror = await makeMirror(folder, remote);
    const object = remote.git('rev-parse', 'v1.0.0');
    expect(await resolveTag(mirror, 'v1.0.0')).toEqual({ commit, object, annotated: true });
    expect(await resolveTag(mirror, 'v1.0.1')).toEqual({ commit, object: commit, annotated: false });
  });

  it.each(['v9.9.9', 'main', 'v2.0.0', 'v1.0.0~0', 'v1.0.0^{commit}', 'v1*', '--upload-pack=x', '../heads/main', ''])(
    'finds no tag %s',
    async (tag) => {
      const folder = makeFolder();
      const remote = makeRemote(folder);
      remote.release('v1.0.0', { a: '1' });
      remote.git('branch', 'v2.0.0');
      expect(await resolveTag(await makeMirror(folder, remote), tag)).toBeNull();
    },
  );

  it('prefers nothing to the tag when a branch has its name', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    const commit = remote.release('v1.0.0', { a: '1' });
    remote.commit({ a: '2' });
    remote.git('branch', 'v1.0.0');
    const mirror = await makeMirror(folder, remote);
    expect((await resolveTag(mirror, 'v1.0.0'))?.commit).toBe(commit);
  });

  it('stand for the commit at the end, also of a tag on a tag', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    const commit = remote.release('v1.0.0', { a: '1' });
    remote.git('tag', '--annotate', '--message=again', 'v1.0.1', 'v1.0.0');
    const resolved = { commit, object: remote.git('rev-parse', 'v1.0.1'), annotated: true };
    const mirror = await makeMirror(folder, remote);
    expect(await resolveTag(mirror, 'v1.0.1')).toEqual(resolved);
    expect((await resolveTags(mirror)).get('v1.0.1')).toEqual(resolved);
  });

  it('stand for nothing when they are on a tree', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.commit({ a: '1' });
    remote.git('tag', 'v1.0.0', 'HEAD^{tree}');
    expect(await resolveTag(await makeMirror(folder, remote), 'v1.0.0')).toBeNull();
  });

  it('are merged when the commit has them in its history', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.release('v1.0.0', { a: '1' });
    const second = remote.release('v1.1.0', { a: '2' });
    remote.release('v1.2.0', { a: '3' });
    const mirror = await makeMirror(folder, remote);
    expect(await mergedTags(mirror, second)).toEqual(['v1.0.0', 'v1.1.0']);
    rmSync(remote.folder, { recursive: true });
  });

  it('have no commit by a name that is no object id', async () => {
    const folder = makeFolder();
    const remote = makeRemote(folder);
    remote.release('v1.0.0', { a: '1' });
    const mirror = await makeMirror(folder, remote);
    expect(
      await Promise.all(['HEAD', 'v1.0.0', '--help', '0'.repeat(40)].map((name) => hasCommit(mirror, name))),
    ).toEqual([false, false, false, false]);
  });
});
