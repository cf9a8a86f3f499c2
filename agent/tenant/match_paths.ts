// Glob patterns over paths of the repository: `*` stays in its folder and, like `**`, leaves out names that start with a dot.
import picomatch from 'picomatch';

/** A test of paths (relative, without `./`): true for one that any of the patterns matches; false without patterns. */
export function createPathMatcher(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false;
  return picomatch([...patterns], { nonegate: true });
}

/** True for a path that one of the patterns matches. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return createPathMatcher(patterns)(path);
}

/** The folder that holds all that a pattern can match, such as `scripts` for `scripts/*.py`; undefined for the root. */
export function baseFolder(pattern: string): string | undefined {
  const { base, isGlob } = picomatch.scan(pattern);
  const folder = isGlob ? base : base.split('/').slice(0, -1).join('/');
  return folder === '' ? undefined : folder;
}
