// Detects the version of a tenant without a record by the tags that its work tree holds, for reports and lists.
import { defaultTagPattern } from '../../../shared/versions.js';
import type { ReadContext } from '../site.js';
import { findHeldVersion } from './held_version.js';
import type { Mirror } from './mirror.js';
import { hasCommit, mergedTags, parseTagLines, resolveTags } from './tags.js';
import { askGit } from './work_tree/tenant_git.js';

export interface Detection {
  mirror: Mirror | null;
  /** That the work tree is on. */
  commit: string;
  /** The tags that count as releases. */
  tagPattern: string | undefined;
  timeLimitMs: number;
}

/**
 * The version as an upgrade would determine it, or null. By the mirror's tags where it knows the commit, and otherwise by
 * those of the work tree, as the tenant's user. Throws AppError `work-tree` or `io`.
 */
export async function detectVersion(readContext: ReadContext, detection: Detection): Promise<string | null> {
  const pattern = new RegExp(detection.tagPattern ?? defaultTagPattern);
  const { own, merged } = await listTags(readContext, detection);
  const held = findHeldVersion({ own, merged, isRelease: (tag) => pattern.test(tag) });
  return held !== null && 'version' in held ? held.version : null;
}

async function listTags(
  readContext: ReadContext,
  { mirror, commit, timeLimitMs }: Detection,
): Promise<{ own: string[]; merged: string[] }> {
  if (mirror !== null && (await hasCommit(mirror, commit))) {
    const own = [...(await resolveTags(mirror))].filter(([, tag]) => tag.commit === commit).map(([name]) => name);
    return { own, merged: await mergedTags(mirror, commit) };
  }
  const list = async (which: string) => {
    const question = ['for-each-ref', which, '--format=%(objectname) %(refname)', 'refs/tags/'];
    return [...parseTagLines(await askGit(readContext, question, { timeLimitMs })).keys()];
  };
  return { own: await list(`--points-at=${commit}`), merged: await list(`--merged=${commit}`) };
}
