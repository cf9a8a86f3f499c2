// Which tags a mirror holds, and which commits they stand for.
import { mirrorGit, type Mirror } from './mirror.js';
import { isObjectId, requireObjectId } from './object_id.js';

export interface ResolvedTag {
  commit: string;
  /** The tag object of an annotated tag, otherwise the commit. */
  object: string;
  annotated: boolean;
}

/** Every tag's object, by name. */
export async function readTags(mirror: Mirror): Promise<Map<string, string>> {
  const { stdout } = await mirrorGit(mirror, [
    'for-each-ref',
    '--format=%(objectname) %(refname:strip=2)',
    'refs/tags/',
  ]);
  return parseTagLines(stdout.toString());
}

/** The commit that each tag stands for, by name; tags of anything else are left out. */
export async function readTagCommits(mirror: Mirror): Promise<Map<string, string>> {
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname:strip=2)';
  const { stdout } = await mirrorGit(mirror, ['for-each-ref', format, 'refs/tags/']);
  const tags = new Map<string, string>();
  for (const line of stdout.toString().split('\n')) {
    const [type, object, peeledType, peeled, tag = ''] = line.split(' ');
    const commit = type === 'commit' ? object : peeledType === 'commit' ? peeled : undefined;
    if (commit !== undefined) tags.set(tag, commit);
  }
  return tags;
}

/** Lines of an object id, white space and a tag's name, with or without `refs/tags/`. */
export function parseTagLines(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, object, tag] = /^([0-9a-f]+)\s(?:refs\/tags\/)?(.+)$/.exec(line) ?? [];
    if (object !== undefined && tag !== undefined) tags.set(tag, object);
  }
  return tags;
}

/** The names of all tags. */
export async function listTags(mirror: Mirror): Promise<string[]> {
  return [...(await readTags(mirror)).keys()];
}

/**
 * What the tag stands for, or null when there is no tag of exactly that name, or it stands for no commit. Branches and
 * revision syntax never count.
 */
export async function resolveTag(mirror: Mirror, tag: string): Promise<ResolvedTag | null> {
  const { stdout } = await mirrorGit(mirror, ['show-ref', '--verify', '--dereference', '--', `refs/tags/${tag}`], {
    acceptExits: [1, 128],
  });
  const [object, peeled] = stdout
    .toString()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  if (object === undefined || !isObjectId(object)) return null;
  const annotated = peeled !== undefined && isObjectId(peeled);
  const commit = annotated ? peeled : object;
  return (await hasCommit(mirror, commit)) ? { commit, object, annotated } : null;
}

/** False also for what is no full object id. */
export async function hasCommit(mirror: Mirror, commit: string): Promise<boolean> {
  if (!isObjectId(commit)) return false;
  const { exitCode, stdout } = await mirrorGit(mirror, ['cat-file', '-t', commit], { acceptExits: [1, 128] });
  return exitCode === 0 && stdout.toString().trim() === 'commit';
}

/** The tags that `commit` has in its history, itself included. */
export async function mergedTags(mirror: Mirror, commit: string): Promise<string[]> {
  const { stdout } = await mirrorGit(mirror, [
    'for-each-ref',
    `--merged=${requireObjectId(commit)}`,
    '--format=%(refname:strip=2)',
    'refs/tags/',
  ]);
  return stdout
    .toString()
    .split('\n')
    .filter((tag) => tag !== '');
}
