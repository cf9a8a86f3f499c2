// Checks that only an account itself and root can change what a configured command runs as that account.
import { AppError } from '../../shared/errors.js';
import { checkTrustedPath } from '../../shared/os/trusted/check_path.js';
import { isUntrusted } from '../../shared/os/trusted/refusals.js';
import type { User } from '../command/spec.js';
import { accountOf, wordsOf } from './configured_command.js';
import { ofKey } from './of_key.js';
import type { Site } from './site.js';
import type { ConfiguredCommand } from './values.js';

/** For the plan: `commands` by their keys in the tenant file. Throws AppError `config` naming the key. */
export async function checkAccounts(
  site: Site,
  commands: Readonly<Record<string, ConfiguredCommand | undefined>>,
): Promise<void> {
  for (const [key, command] of Object.entries(commands)) {
    const account = command === undefined ? null : accountOf(site, command);
    if (command === undefined || account === null) continue;
    for (const [index, word] of wordsOf(command).entries()) {
      await ofKey(key, () => checkWord(word, { isProgram: index === 0, account, tenant: site }));
    }
  }
}

interface WordsPlace {
  /** True for the first word, which must exist. */
  isProgram: boolean;
  account: Pick<User, 'name' | 'uid'>;
  tenant: Pick<Site, 'appDir' | 'dataDir'>;
}

/**
 * Checks one word of a command of `account`: it names nothing that somebody else could change, such as a script in the
 * tenant's work tree. Throws AppError `config`.
 */
export async function checkWord(word: string, { isProgram, account, tenant }: WordsPlace): Promise<void> {
  const variable = /\$\{?(APP_DIR|DATA_DIR)\b/.exec(word)?.[1];
  if (variable !== undefined) throw tenantsOwn(word, { inside: variable, account });
  const inside = [tenant.appDir, tenant.dataDir].find((folder) => folder.isNamedIn(word));
  if (inside !== undefined) throw tenantsOwn(word, { inside: inside.shown, account });
  if (isProgram) return checkTrustedPath(word, { trusted: account });
  // A word such as `--config=/etc/x`; and a relative path, for such a command runs in `/`.
  for (const part of new Set([word, word.slice(word.indexOf('=') + 1)])) {
    if (!part.includes('/')) continue;
    await checkTrustedPath(`/${part}`, { trusted: account, mayBeMissing: true }).catch((error: unknown) => {
      if (isUntrusted(error)) throw error;
    });
  }
}

function tenantsOwn(word: string, { inside, account }: { inside: string; account: Pick<User, 'name'> }): AppError {
  return new AppError('config', `${word}: the tenant could change what runs as ${account.name} (it is in ${inside})`, {
    hint: `write the command as a list of words, which the tenant's user runs, or name a copy that only root can change`,
  });
}
