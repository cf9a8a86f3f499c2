// Reads tag and phase from the name of a file in `release/`.
import { isVersion } from '../../../shared/versions.js';
import { phases, type Phase } from '../../../shared/model/plan/plan.js';

export type HookName =
  /** `isDefault`: the name has no phase, which means post-pull. */
  | { is: 'hook'; tag: string; phase: Phase; isDefault: boolean }
  /** Any other file: a README, a library, data. */
  | { is: 'other' }
  | { is: 'misspelt-phase'; tag: string; suffix: string }
  | { is: 'unknown-tag'; tag: string };

const extension = '.sh';
/** Matches names that are probably meant as versions, with or without more behind them. */
const versionLike = /^v?\d+\.\d+/;

/**
 * What the file `name` in `release/` (of a tag with a slash, `folder/name`) is, given all tags of the repository. Tags contain dots, so the longest tag that
 * the name begins with counts.
 */
export function parseHookName(name: string, tags: ReadonlySet<string>): HookName {
  if (!name.endsWith(extension)) return { is: 'other' };
  const stem = name.slice(0, -extension.length);
  const tag = findTag(stem, tags);
  if (tag === null) return parseUnknown(stem);
  if (stem === tag) return { is: 'hook', tag, phase: 'post-pull', isDefault: true };
  const suffix = stem.slice(tag.length + 1);
  const phase = phases.find((phase) => phase === suffix);
  return phase === undefined ? { is: 'misspelt-phase', tag, suffix } : { is: 'hook', tag, phase, isDefault: false };
}

/** The longest tag that the stem is, or begins with before a dot; a repository may have many tags. */
function findTag(stem: string, tags: ReadonlySet<string>): string | null {
  for (let end = stem.length; end > 0; end = stem.lastIndexOf('.', end - 1)) {
    if (tags.has(stem.slice(0, end))) return stem.slice(0, end);
  }
  return null;
}

/**
 * The name begins with no tag: it is a hook of an unknown tag if it has the form of a hook, otherwise any other file.
 */
function parseUnknown(stem: string): HookName {
  const phase = phases.find((phase) => stem.endsWith(`.${phase}`));
  if (phase !== undefined) return { is: 'unknown-tag', tag: stem.slice(0, -phase.length - 1) };
  return versionLike.test(stem) || isVersion(stem) ? { is: 'unknown-tag', tag: stem } : { is: 'other' };
}
