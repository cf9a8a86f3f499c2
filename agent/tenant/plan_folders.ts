// What a plan asks of the folders that an upgrade will write to: whether that user may, and how much lies there.
import { AppError, type ErrorCode } from '../../shared/errors.js';
import type { TenantPath } from '../command/tenant_path.js';
import { lookAt, type Looking } from './tenant_files.js';

/** Prints `ok`, `missing`, or the owner and the mode of the folder. */
const writableScript = `
if [ ! -d "$1" ]; then echo missing
elif [ -w "$1" ] && [ -x "$1" ]; then echo ok
else stat -L -c 'belongs to %U, mode %a' -- "$1" || echo 'cannot be looked at'
fi`;

/**
 * Throws an AppError with this code where the user may not make files in the folder: it names folder, owner and remedy.
 * `use` says what for: `write backups to`.
 */
export async function requireWritableFolder(
  looking: Looking,
  folder: TenantPath,
  { code, use, hint }: { code: ErrorCode; use: string; hint?: string },
): Promise<void> {
  const { user } = looking;
  const { stdout } = await lookAt(looking, { script: writableScript, words: [folder] });
  const found = stdout.trim();
  if (found === 'ok') return;
  const why = found === 'missing' ? 'it does not exist' : `it ${found === '' ? 'cannot be reached' : found}`;
  const end = hint === undefined ? '.' : `, ${hint}`;
  throw new AppError(code, `${user.name} cannot ${use} ${folder.shown}: ${why}`, {
    hint: `Create the folder and give it to ${user.name} (chown ${user.name} ${folder.shown})${end}`,
  });
}

/**
 * How many bytes lie in these files and folders, or where these links lead, without what is missing; 0 where that takes too long to find out, for
 * it is an estimate.
 */
export async function estimateBytes(looking: Looking, paths: readonly TenantPath[]): Promise<number> {
  if (paths.length === 0) return 0;
  const script = 'du -Dsc --block-size=1 -- "$@" 2>/dev/null | tail -n 1 | cut -f 1';
  const looked = await lookAt(looking, { script, words: paths }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'time-limit') return null;
    throw error;
  });
  const bytes = Number(looked?.stdout ?? 0);
  return Number.isSafeInteger(bytes) ? bytes : 0;
}
