// Which files of a release say what it needs installed, and one hash for them: by it plans are compared.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { toAppError } from '../../../shared/errors.js';
import { wordsOf } from '../configured_command.js';
import type { Tree, TreeEntry } from '../tree.js';
import { readRequirementFiles } from './requirement_files.js';
import type { RequirementsCommandConfig } from './schema.js';

/** Files at the root of a repository from which usual installers take what they install. */
const usual =
  /^(requirements[\w.-]*\.(txt|in)|pyproject\.toml|setup\.(py|cfg)|Pipfile(\.lock)?|(poetry|uv|pdm)\.lock|package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.(json|lock)|Gemfile(\.lock)?|go\.(mod|sum)|Cargo\.(toml|lock)|mix\.(exs|lock)|pom\.xml|build\.gradle(\.kts)?|GNUmakefile|[Mm]akefile)$/;

/**
 * The SHA-256 of the names and contents of these files, whatever their order; null without any. A content counts by its Git
 * object id.
 */
export function hashFiles(entries: readonly TreeEntry[]): string | null {
  if (entries.length === 0) return null;
  const files = new Map(entries.map(({ path: name, mode, oid }) => [name, [name, mode, oid]]));
  const sorted = [...files.values()].toSorted(([left = ''], [right = '']) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/**
 * The files of the commit that a configured command installs from: those of `when_changed`, else those that its words name,
 * with the files that they include; where it names none, the usual ones at the root.
 */
export async function listBuildFiles(
  tree: Tree,
  commit: string,
  { run, when_changed: whenChanged }: RequirementsCommandConfig,
): Promise<TreeEntry[]> {
  const all = await tree.list(commit);
  const names = new Set(whenChanged ?? wordsOf(run).flatMap(splitWord));
  const named = all.filter(({ path: file }) => withFolders(file).some((name) => names.has(name)));
  if (named.length === 0) return all.filter(({ path: file }) => usual.test(file));
  const including = named.filter(({ path: file }) => names.has(file) && /\.(txt|in)$/.test(file));
  const included = await Promise.all(including.map((entry) => listIncluded(tree, commit, entry)));
  return [...named, ...included.flat()];
}

/** The paths that a word can hold: it may be an option with a value, or a line for a shell. */
function splitWord(word: string): string[] {
  return word.split(/[\s'"=;&|()<>]+/).map((part) => path.posix.normalize(part).replace(/\/$/, ''));
}

/** `a/b/c` is named by itself, by `a/b` and by `a`. */
function withFolders(file: string): string[] {
  const parts = file.split('/');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** A file that is too large to be read includes nothing that anyone knows of. */
async function listIncluded(tree: Tree, commit: string, { path: file }: TreeEntry): Promise<TreeEntry[]> {
  try {
    return (await readRequirementFiles(tree, commit, file)).entries;
  } catch (error) {
    const { code } = toAppError(error);
    if (code === 'unsupported-repository' || code === 'missing-file') return [];
    throw error;
  }
}
