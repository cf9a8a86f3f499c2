// Reads the tag and the phase out of the name of a file in `release/`.
import { phases, type Phase } from '../../../shared/model/plan.js';

export type HookName =
  /** `isDefault`: the name says no phase, which means post-pull. */
  | { is: 'hook'; tag: string; phase: Phase; isDefault: boolean }
  /** Any other file: a README, a library, data. */
  | { is: 'other' }
  | { is: 'misspelt-phase'; tag: string; said: string }
  | { is: 'unknown-tag'; tag: string };

const extension = '.sh';
/** The least that makes a name look as if it were meant as a version. */
const versionLike = /^v?\d+\.\d+/;

/**
 * What the file `name` in `release/` is, given all tags of the repository. Tags hold dots themselves, so the name is
 * read by the longest tag that it begins with.
 */
export function parseHookName(name: string, tags: readonly string[]): HookName {
  if (!name.endsWith(extension)) return { is: 'other' };
  const stem = name.slice(0, -extension.length);
  const tag = tags
    .filter((known) => stem === known || stem.startsWith(`${known}.`))
    .reduce((longest, known) => (known.length > longest.length ? known : longest), '');
  if (tag === '') return parseUnknown(stem);
  if (stem === tag) return { is: 'hook', tag, phase: 'post-pull', isDefault: true };
  const said = stem.slice(tag.length + 1);
  const phase = phases.find((phase) => phase === said);
  return phase === undefined ? { is: 'misspelt-phase', tag, said } : { is: 'hook', tag, phase, isDefault: false };
}

/** No tag begins the name: a hook of a tag that does not exist, if it looks like a hook at all. */
function parseUnknown(stem: string): HookName {
  const phase = phases.find((phase) => stem.endsWith(`.${phase}`));
  if (phase !== undefined) return { is: 'unknown-tag', tag: stem.slice(0, -phase.length - 1) };
  return versionLike.test(stem) ? { is: 'unknown-tag', tag: stem } : { is: 'other' };
}
