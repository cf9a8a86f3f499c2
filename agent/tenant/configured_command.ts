// A configured command as it runs: as the tenant's user in `app_dir`, or as another account that the tenant cannot
// affect.
import { AppError } from '../../shared/errors.js';
import type { CommandSpec, User } from '../command/spec.js';
import { minimalEnvironment, type Site } from './site.js';
import { inUnit } from './unit_limits.js';
import type { CommandLine, ConfiguredCommand } from './values.js';

/** The words of the command, whichever account runs it. */
export function wordsOf(command: ConfiguredCommand): CommandLine {
  return Array.isArray(command) ? command : command.run;
}

/** The command for messages: its words, and its account where that is not the tenant's user. */
export function nameOf(command: ConfiguredCommand): string {
  const text = wordsOf(command).join(' ');
  return Array.isArray(command) ? text : `${text} (as ${command.user})`;
}

/** The account that the command names, or null where it is the tenant's own. */
export function accountOf(site: Site, command: ConfiguredCommand): User | null {
  if (Array.isArray(command)) return null;
  const account = site.accounts?.[command.user];
  if (account === undefined) throw new AppError('internal', `the account ${command.user} was not looked up`);
  return account;
}

/**
 * User, folder and environment (`env`, or the site's) of the command. A command of another account gets neither a
 * folder nor variables of the tenant: either could make it run the tenant's code.
 */
export function placeOf(
  site: Site,
  command: ConfiguredCommand,
  env: CommandSpec['env'] = site.env,
): Pick<CommandSpec, 'argv' | 'user' | 'cwd' | 'env'> {
  const argv = wordsOf(command);
  const account = accountOf(site, command);
  if (account === null) return { argv, user: site.user, cwd: site.appDir, env };
  const shared = Object.entries(env).filter(([name]) => /^(APP_DIR|DATA_DIR|DEPLOY_\w+)$/.test(name));
  return { argv, user: account, cwd: '/', env: { ...minimalEnvironment(account), ...Object.fromEntries(shared) } };
}

/** The command for `run`; `argv` replaces its words where placeholders were filled in. */
export function configuredCommand(
  site: Site,
  command: ConfiguredCommand,
  { env, ...spec }: Pick<CommandSpec, 'title' | 'timeLimitMs'> & Partial<Omit<CommandSpec, 'user' | 'cwd'>>,
): CommandSpec {
  return { ...placeOf(site, command, env), ...inUnit(site), ...spec };
}
