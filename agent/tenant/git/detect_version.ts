// Detects the versions of tenants without a record by the tags that their work trees hold, for reports and lists.
import { defaultTagPattern } from '../../../shared/versions.js';
import { createWorkQueue } from '../../../shared/os/work_queue.js';
import type { RunProbe, User } from '../../command/spec.js';
import type { TenantPath } from '../../command/tenant_path.js';
import { findHeldVersion, type HeldTags } from './held_version.js';
import type { Mirror } from './mirror.js';
import { hasCommit, mergedTags, parseTagLines, resolveTags } from './tags.js';
import { createTagReader } from './work_tree/head_commits.js';

export interface Detection {
  user: User;
  workTree: TenantPath;
  mirror: Mirror | null;
  /** That the work tree is on. */
  commit: string;
  /** The tags that count as releases. */
  tagPattern: string | undefined;
}

type FoundTags = Omit<HeldTags, 'isRelease'>;

/** How many commits are looked up in mirrors at the same time. */
const maxLookups = 8;

/**
 * Gives the version as an upgrade would determine it, or null. By the mirror's tags where it knows the commit, and
 * otherwise by those of the work tree, as the tenant's user. Throws AppError `work-tree` or `io`.
 */
export function createVersionDetector(probe: RunProbe): (detection: Detection) => Promise<string | null> {
  const readTags = createTagReader(probe);
  const runQueued = createWorkQueue(maxLookups);
  /** Those under way, by mirror and commit: hundreds of tenants can be on one commit of one repository. */
  const lookups = new Map<string, Promise<FoundTags | null>>();

  function lookUp(mirror: Mirror, commit: string): Promise<FoundTags | null> {
    const key = `${commit} ${mirror.folder}`;
    const known = lookups.get(key);
    if (known !== undefined) return known;
    const lookup = runQueued(() => findInMirror(mirror, commit)).finally(() => lookups.delete(key));
    lookups.set(key, lookup);
    return lookup;
  }

  return async ({ user, workTree, mirror, commit, tagPattern }) => {
    const inMirror = mirror === null ? null : await lookUp(mirror, commit);
    const tags = inMirror ?? findOwn(await readTags(user, workTree), commit);
    const pattern = new RegExp(tagPattern ?? defaultTagPattern);
    const held = findHeldVersion({ ...tags, isRelease: (tag) => pattern.test(tag) });
    return held !== null && 'version' in held ? held.version : null;
  };
}

/** Null where the mirror does not know the commit. */
async function findInMirror(mirror: Mirror, commit: string): Promise<FoundTags | null> {
  if (!(await hasCommit(mirror, commit))) return null;
  const own = [...(await resolveTags(mirror))].filter(([, tag]) => tag.commit === commit).map(([name]) => name);
  return { own, merged: await mergedTags(mirror, commit) };
}

/** Of the lines of a tag reader. */
function findOwn(text: string, commit: string): FoundTags {
  const lines = text.split('\n');
  return { own: namesIn(lines.filter((line) => line.split(' ', 2).includes(commit))), merged: namesIn(lines) };
}

function namesIn(lines: readonly string[]): string[] {
  return [...parseTagLines(lines.map((line) => line.replace(/^(\S+) \S* /, '$1 ')).join('\n')).keys()];
}
