// Finds the program that a configured command line names, as it is found when the command runs.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { minimalEnvironment, type Site } from './site.js';
import type { CommandLine } from './values.js';

/**
 * The path of the executable file that `words` begins with, or null when there is none: an absolute path, a path
 * relative to the site's `appDir`, or a name on the site's PATH.
 */
export async function findCommand(words: CommandLine, site: Site): Promise<string | null> {
  const [name] = words;
  if (name.includes('/')) {
    const file = path.resolve(site.appDir, name);
    return (await isExecutable(file)) ? file : null;
  }
  const searchPath = site.env['PATH'] ?? minimalEnvironment(site.user)['PATH'] ?? '';
  for (const folder of searchPath.split(':')) {
    // An empty entry means the working folder, as in a shell.
    const file = path.resolve(site.appDir, folder, name);
    if (await isExecutable(file)) return file;
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && found.isFile() && (found.mode & 0o111) !== 0;
}
