// Whether a tenant is on the target already, or above it.
import { compareTags } from '../../../shared/versions.js';

/** Answers whether a version is the target, or a higher one of the same prefix; false for null. Each is compared once. */
export function createIsThere(target: string): (version: string | null) => boolean {
  const known = new Map<string | null, boolean>([
    [null, false],
    [target, true],
  ]);
  return (version) => {
    const before = known.get(version);
    if (before !== undefined || version === null) return before ?? false;
    const answer = (compareTags(version, target) ?? -1) >= 0;
    known.set(version, answer);
    return answer;
  };
}
