// Finds which of the given paths exist in the work tree, as the tenant's user.
import { AppError } from '../../../../shared/errors.js';
import { minimalEnvironment, type ReadContext } from '../../site.js';

/** Room for paths on one command line; the system allows 2 MiB with the environment. */
const maxBytesPerCall = 128 * 1024;

/** Lists of paths that each fit on a command line. */
export function splitForCommandLine(paths: readonly string[]): string[][] {
  const groups: string[][] = [];
  let bytes = maxBytesPerCall;
  for (const path of paths) {
    bytes += Buffer.byteLength(path) + 1;
    if (bytes > maxBytesPerCall) {
      groups.push([]);
      bytes = Buffer.byteLength(path) + 1;
    }
    groups.at(-1)?.push(path);
  }
  return groups;
}

/**
 * Those of `paths` (absolute, or relative to `app_dir`) that exist, with find's letter for their type: `f` a file, `d`
 * a folder, `l` a symlink (never followed) …
 */
export async function findPaths(readContext: ReadContext, paths: readonly string[]): Promise<Map<string, string>> {
  const { site, probe } = readContext;
  const found = new Map<string, string>();
  // A path that begins with `-`, `(` or `!` would be read as a part of find's expression.
  const given = paths.map((path) => (path.startsWith('/') ? path : `./${path}`));
  for (const group of splitForCommandLine(given)) {
    readContext.signal.throwIfAborted();
    const argv = ['find', ...group, '-maxdepth', '0', '-printf', String.raw`%y%p\0`] as const;
    const place = { user: site.user, cwd: site.appDir, env: minimalEnvironment(site.user) };
    const { exitCode, stdout, stderr } = await probe({ argv: ['find', ...argv.slice(1)], ...place });
    // 1: some do not exist.
    if (exitCode > 1) throw new AppError('work-tree', `find in ${site.appDir.shown}: ${stderr.trim()}`);
    for (const entry of stdout.split('\0')) {
      if (entry !== '') found.set(entry.slice(1).replace(/^\.\//, ''), entry.slice(0, 1));
    }
  }
  return found;
}
