// Lists the tenant files of this host.
import path from 'node:path';
import { AppError, toAppError } from '../../shared/errors.js';
import { listTrustedFolder } from '../../shared/os/trusted/folder.js';

/** The YAML files of the folder, by name. Throws AppError `config` when it cannot be read. */
export async function listTenantFiles(folder: string): Promise<string[]> {
  const missingHint = `create it: mkdir --mode=0755 ${folder}`;
  const names = await listTrustedFolder(folder, { missingHint }).catch((error: unknown) => {
    const { message, hint = missingHint } = toAppError(error);
    throw new AppError('config', `tenants_dir: ${message}`, { cause: error, hint });
  });
  // A name that begins with a dot is an editor's copy.
  const wanted = names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'));
  return wanted.toSorted().map((name) => path.join(folder, name));
}
