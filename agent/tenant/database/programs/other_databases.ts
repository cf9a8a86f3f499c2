// Finds the SQLite files of a data folder by their first bytes. Other programs decide how much lies there, so only so
// much is looked at.
import { closeSync, constants, lstatSync, openSync, opendirSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { agentLimits } from '../../../limits.js';
import { companions, statOrNull } from './files.js';

const header = Buffer.from('SQLite format 3\0', 'latin1');
/** What Drover makes beside databases. */
const ownName = /\.(backup|failed|restoring)_\d{8}_\d{6}/;

/** Their paths from the folder, without `known` and what Drover itself made; links are not followed. */
export function findOtherDatabases(folder: string, known: readonly string[]): string[] {
  const knownFiles = new Set(known.map(realPath));
  const { dev } = lstatSync(realPath(folder));
  const others: string[] = [];
  let looks = 0;
  const waiting = [folder];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const name of listNames(next, agentLimits.dataFolderLook.max - looks)) {
      looks += 1;
      const file = path.join(next, name);
      const found = statOrNull(file);
      if (found?.dev !== dev) continue;
      if (found.isDirectory()) waiting.push(file);
      const isCandidate = found.isFile() && found.size >= header.length && !isOwn(name);
      if (isCandidate && !knownFiles.has(realPath(file)) && isDatabase(file)) others.push(path.relative(folder, file));
    }
  }
  return others.toSorted();
}

function isOwn(name: string): boolean {
  return ownName.test(name) || companions.some((suffix) => name.endsWith(suffix));
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** None of a folder that cannot be read. */
function listNames(folder: string, max: number): string[] {
  const names: string[] = [];
  try {
    const entries = opendirSync(folder);
    try {
      while (names.length < max) {
        const entry = entries.readSync();
        if (entry === null) break;
        names.push(entry.name);
      }
    } finally {
      entries.closeSync();
    }
  } catch {
    // Its files are no databases that this user could use.
  }
  return names;
}

function isDatabase(file: string): boolean {
  const bytes = Buffer.alloc(header.length);
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return readSync(descriptor, bytes) === bytes.length && bytes.equals(header);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}
