// A configured command as it is run: as the tenant's user in `app_dir`, or as another account, out of the tenant's reach.
import { AppError } from '../../shared/errors.js';
import type { CommandSpec, User } from '../command/spec.js';
import { minimalEnvironment, type Site } from './site.js';
import type { CommandLine, ConfiguredCommand } from './values.js';

/** Its words, whoever runs them. */
export function wordsOf(command: ConfiguredCommand): CommandLine {
  return Array.isArray(command) ? command : command.run;
}

/** For people: its words, and who runs them where that is not the tenant's user. */
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
 * Who runs the command where, with which environment (`env`, or the site's). Of another account it is neither in a folder
 * of the tenant's nor with the tenant's variables: either could make it run what is the tenant's.
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

/** The command for `run`; `argv` stands in for its words where they were filled in. */
export function configuredCommand(
  site: Site,
  command: ConfiguredCommand,
  { env, ...spec }: Pick<CommandSpec, 'title' | 'timeLimitMs'> & Partial<Omit<CommandSpec, 'user' | 'cwd'>>,
): CommandSpec {
  return { ...placeOf(site, command, env), ...spec };
}
