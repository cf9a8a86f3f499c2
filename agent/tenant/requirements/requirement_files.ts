// Reads a requirements file and the files that it includes from a commit.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import type { Tree, TreeEntry } from '../tree.js';
import { fileModes } from '../tree.js';

export interface RequirementFiles {
  /** The files that were found, in the order in which they are included. */
  entries: TreeEntry[];
  contents: Buffer[];
  /** Lines that need the checked-out version: local paths, and includes that the commit does not hold. */
  needsCheckout: string[];
}

/** Throws AppError `missing-file` when the commit has no such file. */
export async function readRequirementFiles(tree: Tree, commit: string, file: string): Promise<RequirementFiles> {
  const found: RequirementFiles = { entries: [], contents: [], needsCheckout: [] };
  const waiting = [{ file, line: '' }];
  const seen = new Set<string>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (seen.has(next.file)) continue;
    seen.add(next.file);
    const read = await readFile(tree, commit, next.file);
    if (read === null && next.line === '') throw missing(next.file);
    if (read === null) {
      found.needsCheckout.push(next.line);
      continue;
    }
    found.entries.push(read.entry);
    found.contents.push(read.content);
    for (const line of splitLines(read.content.toString('utf8'))) {
      const include = parseInclude(line);
      if (include !== null) waiting.push({ file: resolveInclude(next.file, include), line });
      else if (isLocal(line)) found.needsCheckout.push(line);
    }
  }
  return found;
}

async function readFile(tree: Tree, commit: string, file: string) {
  // A path outside the repository is in no commit.
  if (file.startsWith('..') || path.posix.isAbsolute(file)) return null;
  const entry = (await tree.list(commit, file)).find(({ mode, path }) => path === file && fileModes.includes(mode));
  const content = entry === undefined ? undefined : (await tree.read([entry.oid])).get(entry.oid);
  return entry === undefined || content === undefined ? null : { entry, content };
}

function missing(file: string): AppError {
  return new AppError('missing-file', `the version to install has no file ${file}, which requirements names`, {
    hint: 'Tag a release that holds it, or correct `requirements` in the tenant file.',
  });
}

/** The effective lines, joined and stripped as pip does it. */
function splitLines(text: string): string[] {
  return text
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.slice(0, /(?:^|\s)#/.exec(line)?.index ?? line.length).trim())
    .filter((line) => line !== '');
}

/** The path in `-r PATH` or `-c PATH`; null for other lines and for URLs, which pip fetches itself. */
function parseInclude(line: string): string | null {
  const [option = ''] = /^(?:-[rc][ \t]*|--(?:requirement|constraint)[ \t=]+)/.exec(line) ?? [];
  const target = line.slice(option.length);
  return option === '' || target === '' || /\s|:\/\//.test(target) ? null : target;
}

/** Relative to the file that includes it, as pip has it. */
function resolveInclude(from: string, include: string): string {
  return path.posix.isAbsolute(include) ? include : path.posix.join(path.posix.dirname(from), include);
}

/** True for what pip would take from a path: `-e .`, `./lib`, `lib/`, `file:…`, a wheel, a folder of wheels. */
function isLocal(line: string): boolean {
  const [, option = '', target = ''] = /^(-e|--editable|-f|--find-links)?[ \t=]*(\S+)/.exec(line) ?? [];
  if (/(^|@\s*|=)file:/.test(line)) return true;
  if (line.includes('://') || (option === '' && line.startsWith('-'))) return false;
  if (option.startsWith('-f') || option.startsWith('--f')) return !path.isAbsolute(target);
  return option !== '' || target.startsWith('.') || target.includes('/') || /\.(whl|zip|tar\.\w+|tgz)$/.test(target);
}
