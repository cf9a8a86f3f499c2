// Tags as versions: which are well formed, how they compare, and which an upgrade crosses.
import semver from 'semver';

/**
 * The default pattern of tags: two to four numbers, with a prefix. It takes every tag that has an order, and begins with
 * a letter or a digit: no tag that matches can be read as an option of a command.
 */
export const defaultTagPattern = '^([A-Za-z][A-Za-z/_.-]*)?\\d+(\\.\\d+){1,3}([.+-][0-9A-Za-z.+-]+)?$';

/** A tag as a version: only tags of one prefix compare. */
interface Version {
  /** Without a `v` before the numbers: `web-` for `web-v1.10.0`. */
  prefix: string;
  /** Four numbers as digits without leading zeros; 0, and a number that the tag leaves out, is empty. */
  numbers: readonly string[];
  preRelease: semver.SemVer;
}

/** A prefix without digits, two to four numbers, a pre-release. Each character can match in one way only. */
const tagShape = /^([A-Za-z][A-Za-z/_.-]*)?(\d+(?:\.\d+){1,3})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const maxTagLength = 200;

/** The version of a tag, or null when it is none. */
function parseTag(tag: string): Version | null {
  const [whole, prefix = '', numbers = '', preRelease] = (tag.length <= maxTagLength && tagShape.exec(tag)) || [];
  const parsed = semver.parse(preRelease === undefined ? '0.0.0' : `0.0.0-${preRelease}`);
  if (whole === undefined || parsed === null) return null;
  const digits = numbers.split('.').map((number) => number.replace(/^0+/, ''));
  return {
    prefix: prefix.replace(/(^|[^A-Za-z])v$/, '$1'),
    numbers: [...digits, '', ''].slice(0, 4),
    preRelease: parsed,
  };
}

/** The parts of a version by which versions are ordered; null for what is no version. */
export function readVersion(
  tag: string,
): { prefix: string; numbers: readonly string[]; preRelease: readonly (string | number)[] } | null {
  const version = parseTag(tag);
  if (version === null) return null;
  return { prefix: version.prefix, numbers: version.numbers, preRelease: version.preRelease.prerelease };
}

/** True for a tag that has an order among those of its prefix. */
export function isVersion(tag: string): boolean {
  return parseTag(tag) !== null;
}

/** The prefix of a version, without a `v` before the numbers: `web-` of `web-v1.10.0`; null for what is no version. */
export function prefixOf(tag: string): string | null {
  return parseTag(tag)?.prefix ?? null;
}

/** True for a tag such as `v1.2.3-rc.1`. */
export function isPreRelease(tag: string): boolean {
  return (parseTag(tag)?.preRelease.prerelease.length ?? 0) > 0;
}

/** Negative when `left` is the older one; null when either is no version, or their prefixes differ. */
export function compareTags(left: string, right: string): number | null {
  const [a, b] = [parseTag(left), parseTag(right)];
  return a === null || b === null || a.prefix !== b.prefix ? null : compareVersions(a, b);
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const order = compareDigits(number, b.numbers[index] ?? '');
    if (order !== 0) return order;
  }
  return semver.compare(a.preRelease, b.preRelease);
}

/** Digits of any length: numbers above 2^53 would lose the last ones. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The tags that are versions, oldest first; those without a prefix come last. */
export function sortTags(tags: readonly string[]): string[] {
  return tags
    .flatMap((tag) => {
      const version = parseTag(tag);
      return version === null ? [] : [{ tag, version }];
    })
    .toSorted(({ version: a }, { version: b }) =>
      a.prefix === b.prefix ? compareVersions(a, b) : a.prefix > b.prefix ? -1 : 1,
    )
    .map(({ tag }) => tag);
}

/** The highest stable tag, or null; of those with the prefix of `like`, where that is a version. */
export function latestTag(tags: readonly string[], like: string | null = null): string | null {
  const prefix = like === null ? null : prefixOf(like);
  const alike = prefix === null ? tags : tags.filter((tag) => prefixOf(tag) === prefix);
  return sortTags(alike).findLast((tag) => !isPreRelease(tag)) ?? null;
}

/**
 * The tags that an upgrade crosses, oldest first: every tag greater than `previous` and up to `target`,
 * pre-releases only if either end is one. With tags that cannot be compared it is the target alone;
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
