// Which tags a mirror holds, and which commits they stand for.
import { AppError } from '../../../shared/errors.js';
import { sharedLimits } from '../../../shared/limits.js';
import { agentLimits } from '../../limits.js';
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
  const lines = stdout.toString();
  refuseMany(lines.split('\n').length - 1);
  return parseTagLines(lines);
}

function refuseMany(count: number): void {
  const { max } = agentLimits.tags;
  if (count <= max) return;
  throw new AppError('unsupported-repository', `the repository has ${count} tags; at most ${max} are supported`, {
    hint: 'Delete tags that nobody upgrades from or to.',
  });
}

/** Longer tags are left out: no upgrade goes to one, and no pattern is matched against it. */
const isShort = (tag: string) => tag.length <= sharedLimits.tag.max;

/** The commit of each tag, by name; tags of anything else are left out. */
export function resolveTags(mirror: Mirror): Promise<Map<string, ResolvedTag>> {
  return resolveRefs(mirror, 'refs/tags/');
}

/**
 * The commit of the tag, or null when there is no tag of exactly that name, or it points to no commit. Branches and
 * revision syntax never count.
 */
export async function resolveTag(mirror: Mirror, tag: string): Promise<ResolvedTag | null> {
  return (await resolveRefs(mirror, `refs/tags/${tag}`)).get(tag) ?? null;
}

/** The tags that the pattern of `git for-each-ref` matches. */
async function resolveRefs(mirror: Mirror, pattern: string): Promise<Map<string, ResolvedTag>> {
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname:strip=2)';
  const { stdout } = await mirrorGit(mirror, ['for-each-ref', format, pattern]);
  const tags = new Map<string, ResolvedTag>();
  const lines = stdout.toString().split('\n');
  refuseMany(lines.length - 1);
  let nested = 0;
  for (const line of lines) {
    const [type, object = '', peeledType, peeled, tag = ''] = line.split(' ');
    const annotated = type === 'tag';
    if (!isShort(tag)) continue;
    if (annotated && peeledType === 'tag') nested += 1;
    if (nested > agentLimits.nestedTags.max && peeledType === 'tag') continue;
    const commit = annotated ? await peel(mirror, { object, type: peeledType, peeled }) : object;
    if (commit !== undefined && (annotated || type === 'commit')) tags.set(tag, { commit, object, annotated });
  }
  return tags;
}

/** The commit of an annotated tag. Git before 2.45 follows a tag of a tag by one step only. */
async function peel(
  mirror: Mirror,
  { object, type, peeled }: { object: string; type: string | undefined; peeled: string | undefined },
): Promise<string | undefined> {
  if (type !== 'tag') return type === 'commit' ? peeled : undefined;
  const question = ['rev-parse', '--quiet', '--verify', `${object}^{commit}`];
  const { stdout } = await mirrorGit(mirror, question, { acceptExits: [1, 128] });
  const commit = stdout.toString().trim();
  return isObjectId(commit) ? commit : undefined;
}

/** Lines of an object id, white space and a tag's name, with or without `refs/tags/`. */
export function parseTagLines(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, object, tag] = /^([0-9a-f]+)\s(?:refs\/tags\/)?(.+)$/.exec(line) ?? [];
    if (object !== undefined && tag !== undefined && isShort(tag)) tags.set(tag, object);
  }
  return tags;
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
    .filter((tag) => tag !== '' && isShort(tag));
}
