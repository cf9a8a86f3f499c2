// Which version a work tree counts as by the tags in its history.
import { compareTags, prefixOf, sortTags } from '../../../shared/versions.js';

export interface HeldTags {
  /** The tags of HEAD's own commit. */
  own: readonly string[];
  /** All tags that HEAD's history holds, its own included. */
  merged: readonly string[];
  isRelease: (tag: string) => boolean;
}

/**
 * The highest version that HEAD holds; pre-releases count, and release tags go before others. In a repository with
 * several prefixes it is of the prefix of HEAD's own tags, if it has any, and best of none. `unsure`: nothing says which
 * of these counts, one of each prefix. Null: it holds no version.
 */
export function findHeldVersion({
  own,
  merged,
  isRelease,
}: HeldTags): { version: string } | { unsure: string[] } | null {
  const prefer = (tags: readonly string[]) => {
    const releases = sortTags(tags.filter(isRelease));
    return releases.length === 0 ? sortTags(tags) : releases;
  };
  const all = prefer(merged);
  const ownVersions = prefer(own);
  const deciding = ownVersions.length === 0 ? all : ownVersions;
  const like = deciding.at(-1);
  if (like === undefined) return null;
  const ofEach = new Map(deciding.map((tag) => [prefixOf(tag), tag]));
  if (ofEach.size > 1 && prefixOf(like) !== '') return { unsure: [...ofEach.values()] };
  // Its own tag may be a lower one than one in its history.
  return { version: all.findLast((tag) => compareTags(tag, like) !== null) ?? like };
}
