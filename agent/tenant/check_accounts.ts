// For the plan: checks that only an account itself and root can change the commands that run as that account.
import { AppError } from '../../shared/errors.js';
import { accountOf, wordsOf } from './configured_command.js';
import type { Site } from './site.js';
import { checkTrustedPath } from './trusted_path.js';
import type { ConfiguredCommand } from './values.js';

/** `commands` by their keys in the tenant file. Throws AppError `config` naming the key. */
export async function checkAccounts(
  site: Site,
  commands: Readonly<Record<string, ConfiguredCommand | undefined>>,
): Promise<void> {
  for (const [key, command] of Object.entries(commands)) {
    const account = command === undefined ? null : accountOf(site, command);
    if (command === undefined || account === null) continue;
    await ofKey(key, () => checkTrustedPath(wordsOf(command)[0], account));
  }
}

/** Runs a check of a key's value; its error names the key. */
export async function ofKey(key: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new AppError(error.code, `${key}: ${error.message}`, { ...hint, cause: error });
  }
}
