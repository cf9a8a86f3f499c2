// A database that configured commands back up and restore, such as pg_dump and pg_restore.
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { checkTrustedFolder } from '../../../shared/os/trusted/folder.js';
import { readOutputTail } from '../../command/output/read_output.js';
import { checkAccounts } from '../check_accounts.js';
import { accountOf, configuredCommand, wordsOf } from '../configured_command.js';
import { ofKey } from '../of_key.js';
import { durableIn, minimalEnvironment, type Site } from '../site.js';
import type { ConfiguredCommand } from '../values.js';
import { isBackupPath, partialPathOf } from './backup_paths.js';
import { checkBackupFolder, discardBackups, findFreeBackupPath } from './backups.js';
import type { Database } from './port.js';
import { programCommand } from './program_command.js';
import type { CommandsDatabaseConfig } from './schema.js';

/** Removes the unfinished backup of a killed run, then runs the command. */
const clearAndRun = 'rm -f -- "$1" && shift && exec "$@"';

/** The adapter for the keys `database.backup` and `database.restore`. */
export function openCommandsDatabase(config: CommandsDatabaseConfig, site: Site): Database {
  const folder = config.backup_dir ?? site.dataDir;
  const base = path.join(folder, site.slug);
  /** The user that makes backups owns them. */
  const keeper = { ...site, user: accountOf(site, config.backup) ?? site.user };

  return {
    folder,
    restoreFolder: null,

    async check(readContext) {
      await checkCommands(config, site, folder);
      await checkBackupFolder({ ...readContext, site: keeper }, folder);
      return { sizeBytes: await readLastBackupSize(folder, site.slug), warnings: [] };
    },

    chooseBackupPath: (at) => findFreeBackupPath(base, at),

    findHolders: async () => [],

    async backup(context, { path: backup, record, timeLimitMs }) {
      const partial = partialPathOf(backup);
      const make = {
        title: 'backup of the database',
        argv: ['sh', '-c', clearAndRun, 'sh', partial, ...putFile(config.backup, partial)] as const,
        timeLimitMs,
      };
      await context.run('backup', configuredCommand(site, config.backup, make));
      const seal = {
        title: 'completion of the backup',
        argv: programCommand('seal_backup', [backup, record]),
        env: minimalEnvironment(site.user),
        timeLimitMs,
      };
      await context.run('seal-backup', configuredCommand(site, config.backup, seal));
    },

    async restore(context, { path: backup, timeLimitMs }) {
      const argv = putFile(config.restore, backup);
      const spec = { title: 'restore of the database', argv, timeLimitMs, durable: durableIn(site, site.dataDir) };
      await context.run('restore', configuredCommand(site, config.restore, spec));
    },

    async fingerprint(context, timeLimitMs) {
      if (config.fingerprint === undefined) return null;
      const spec = { title: 'fingerprint of the database', timeLimitMs, quiet: true };
      const { outputPath } = await context.run('fingerprint', configuredCommand(site, config.fingerprint, spec));
      return (await readOutputTail(outputPath, { lines: 1, secrets: [] })) || null;
    },

    /** Their restore sets nothing aside. */
    discardAside: async () => {},

    discardBackups: (readContext, paths) => discardBackups({ ...readContext, site: keeper }, paths),
  };
}

async function checkCommands(config: CommandsDatabaseConfig, site: Site, folder: string): Promise<void> {
  const { backup, restore, fingerprint } = config;
  const commands = { 'database.backup': backup, 'database.restore': restore, 'database.fingerprint': fingerprint };
  await checkAccounts(site, commands);
  const account = accountOf(site, backup);
  if (account !== null) await ofKey('database.backup_dir', () => checkTrustedFolder(folder, { trusted: account }));
}

function putFile(command: ConfiguredCommand, file: string): [string, ...string[]] {
  const [program, ...args] = wordsOf(command);
  const put = (word: string) => word.replaceAll('{file}', () => file);
  return [put(program), ...args.map(put)];
}

/** Estimates the next backup by the size of the last one; 0 without one. */
async function readLastBackupSize(folder: string, slug: string): Promise<number> {
  const names = await readdir(folder);
  const last = names
    .filter((name) => name.startsWith(`${slug}.backup_`) && isBackupPath(name))
    .toSorted()
    .at(-1);
  return last === undefined ? 0 : (await lstat(path.join(folder, last))).size;
}
