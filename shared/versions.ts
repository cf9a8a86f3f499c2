// Tags as versions: which are well formed, how they compare, and which an upgrade crosses.
import semver from 'semver';

/** The default pattern of tags. No tag that matches can be read as an option of a command. */
export const defaultTagPattern = '^v?\\d+\\.\\d+\\.\\d+([.-][0-9A-Za-z.-]+)?$';

/** The semantic version of a tag (`v` is optional), or null when it is none. */
function parseTag(tag: string): semver.SemVer | null {
  return semver.parse(tag.replace(/^v/, ''));
}

/** True for a tag such as `v1.2.3-rc.1`. */
export function isPreRelease(tag: string): boolean {
  return (parseTag(tag)?.prerelease.length ?? 0) > 0;
}

/** Negative when `left` is the older one; null when either is not a semantic version. */
export function compareTags(left: string, right: string): number | null {
  const [a, b] = [parseTag(left), parseTag(right)];
  return a === null || b === null ? null : semver.compareBuild(a, b);
}

/** The tags that are semantic versions, oldest first. */
export function sortTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => parseTag(tag) !== null).toSorted((left, right) => compareTags(left, right) ?? 0);
}

/** The highest stable tag, or null. */
export function latestTag(tags: readonly string[]): string | null {
  return sortTags(tags).findLast((tag) => !isPreRelease(tag)) ?? null;
}

/**
 * The tags that an upgrade crosses, oldest first: every tag greater than `previous` and up to `target`,
 * pre-releases only if either end is one. With tags that are no semantic versions it is the target alone;
 * for a target that is not greater it is empty.
 */
export function crossedTags(tags: readonly string[], previous: string, target: string): string[] {
  if (compareTags(previous, target) === null) return previous === target ? [] : [target];
  const withPreReleases = isPreRelease(previous) || isPreRelease(target);
  return sortTags(tags).filter(
    (tag) =>
      (compareTags(tag, previous) ?? 0) > 0 &&
      (compareTags(tag, target) ?? 0) <= 0 &&
      (withPreReleases || !isPreRelease(tag)),
  );
}
