// Finds which of the given paths exist in the work tree, as the tenant's user.
import { AppError } from '../../../../shared/errors.js';
import { minimalEnvironment, type ReadContext } from '../../site.js';
import { splitZero } from '../object_id.js';

/**
 * Those of `paths` (absolute, or relative to `app_dir`) that exist, with find's letter for their type: `f` a file, `d`
 * a folder, `l` a symlink (never followed) …
 */
export async function findPaths(readContext: ReadContext, paths: readonly string[]): Promise<Map<string, string>> {
  const { site, probe } = readContext;
  const found = new Map<string, string>();
  // A path that begins with `-`, `(` or `!` would be read as a part of find's expression.
  const given = paths.map((path) => (path.startsWith('/') ? path : `./${path}`));
  if (given.length === 0) return found;
  readContext.signal.throwIfAborted();
  // Names go by standard input: they may be more than fit on a command line, and hold bytes that no word here can.
  const script = String.raw`exec xargs -0r sh -c 'exec find "$@" -maxdepth 0 -printf "%y%p\\0"' sh`;
  const place = { user: site.user, cwd: site.appDir, env: minimalEnvironment(site.user) };
  const stdin = given.map((path) => `${path}\0`).join('');
  const { exitCode, stdout, stderr } = await probe({ argv: ['sh', '-c', script], stdin, ...place });
  // 123: some do not exist.
  if (exitCode !== 0 && exitCode !== 123) {
    throw new AppError('work-tree', `find in ${site.appDir.shown}: ${stderr.trim()}`);
  }
  for (const entry of splitZero(stdout)) found.set(entry.slice(1).replace(/^\.\//, ''), entry.slice(0, 1));
  return found;
}
