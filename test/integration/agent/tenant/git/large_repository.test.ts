// A repository may be as large as the limits say, and no larger: what git answers is held in memory.
import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentLimits } from '../../../../../agent/limits.js';
import { mirrorGit, type Mirror } from '../../../../../agent/tenant/git/mirror.js';
import { readTags, resolveTag, resolveTags } from '../../../../../agent/tenant/git/tags.js';
import { readTree } from '../../../../../agent/tenant/git/trees.js';
import { makeMirror, makeRemote, useFolders } from './tenant.js';

const makeFolder = useFolders();

async function openRepository() {
  const folder = makeFolder();
  const remote = makeRemote(folder);
  const commit = remote.release('v1.0.0', { a: '1' });
  return { folder, remote, commit, mirror: await makeMirror(folder, remote) };
}

function gitIn({ folder }: Mirror, args: readonly string[], input = ''): string {
  return execFileSync('git', args, { cwd: folder, input, encoding: 'utf8' }).trim();
}

const numbered = <T>(count: number, make: (number: string) => T) =>
  Array.from({ length: count }, (_, number) => make(String(number).padStart(6, '0')));

const refusal = (part: string) => ({
  code: 'unsupported-repository',
  message: expect.stringContaining(part),
  hint: expect.any(String),
});

describe('a repository', () => {
  it('has tags up to the limit, and is refused with one more', async () => {
    const { mirror, commit } = await openRepository();
    const { max } = agentLimits.tags;
    const setTags = (count: number) => {
      const lines = numbered(count, (number) => `${commit} refs/tags/t${number}\n`);
      writeFileSync(path.join(mirror.folder, 'packed-refs'), `# pack-refs with: sorted \n${lines.join('')}`);
    };
    gitIn(mirror, ['tag', '--delete', 'v1.0.0']);
    setTags(max);
    expect([(await readTags(mirror)).size, (await resolveTags(mirror)).size]).toEqual([max, max]);
    setTags(max + 1);
    await expect(readTags(mirror)).rejects.toMatchObject(refusal(`${max + 1} tags`));
    await expect(resolveTags(mirror)).rejects.toMatchObject(refusal(`${max + 1} tags`));
    expect(await resolveTag(mirror, 't000001')).toMatchObject({ commit });
  });

  it('has tags of tags up to the limit, without those beyond it', async () => {
    const { mirror, commit } = await openRepository();
    const { max } = agentLimits.nestedTags;
    const object = gitIn(mirror, ['rev-parse', 'v1.0.0']);
    for (const number of numbered(max + 2, String)) {
      const text = `object ${object}\ntype tag\ntag n${number}\ntagger a <a@b> 1 +0000\n\nagain\n`;
      gitIn(mirror, ['update-ref', `refs/tags/n${number}`, gitIn(mirror, ['mktag'], text)]);
    }
    const tags = await resolveTags(mirror);
    expect([...tags.keys()].filter((tag) => tag.startsWith('n'))).toEqual(numbered(max, (number) => `n${number}`));
    expect([...tags.values()].every((tag) => tag.commit === commit)).toBe(true);
    expect(tags.has('v1.0.0')).toBe(true);
  });

  it('has files in a release up to the limit, and is refused with one more', async () => {
    const { mirror } = await openRepository();
    const { max } = agentLimits.treeEntries;
    const blob = gitIn(mirror, ['rev-parse', 'v1.0.0:a']);
    const makeTree = (count: number) =>
      gitIn(mirror, ['mktree'], numbered(count, (number) => `100644 blob ${blob}\t${number}\n`).join(''));
    expect(await readTree(mirror, makeTree(max))).toHaveLength(max);
    await expect(readTree(mirror, makeTree(max + 1))).rejects.toMatchObject(refusal(`${max + 1} files`));
  });

  it('gives no answer that is longer than the limit', async () => {
    const { folder, mirror } = await openRepository();
    const { max } = agentLimits.gitOutput;
    const file = path.join(folder, 'large');
    writeFileSync(file, '');
    truncateSync(file, max + 1);
    const blob = gitIn(mirror, ['hash-object', '-w', file]);
    await expect(mirrorGit(mirror, ['cat-file', 'blob', blob])).rejects.toMatchObject(refusal('128 MiB'));
    const { stdout } = await mirrorGit(mirror, ['cat-file', '-s', blob]);
    expect(stdout.toString()).toBe(`${max + 1}\n`);
  });

  it('fails with the beginning of what git says, however much that is', async () => {
    const { mirror } = await openRepository();
    const fails = (sizeBytes: number) =>
      mirrorGit(mirror, ['flood'], {
        config: { 'alias.flood': `!echo because >&2; head --bytes=${sizeBytes} /dev/zero >&2; exit 3; :` },
      });
    const error: unknown = await fails(100 * 1024 ** 2).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'io', message: expect.stringContaining('git flood failed') });
    expect(error).toMatchObject({ message: expect.stringContaining(': because') });
    expect(String(error).length).toBeLessThan(1024 ** 2);
    await expect(fails(agentLimits.gitOutput.max)).rejects.toMatchObject(refusal('128 MiB'));
  });
});
