// Whether a tenant is on the target already, or above it.
import { compareTags } from '../../shared/versions.js';

/** True where `version` is the target, or a higher version of the same prefix. */
export function atLeast(version: string, target: string): boolean {
  return version === target || (compareTags(version, target) ?? -1) >= 0;
}
