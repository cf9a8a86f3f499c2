// A database that configured commands back up and restore, such as pg_dump and pg_restore.
import { AppError } from '../../../shared/errors.js';
import { checkTrustedFolder } from '../../../shared/os/trusted/folder.js';
import { readOutputTail } from '../../command/output/read_output.js';
import { TenantPath, type Word } from '../../command/tenant_path.js';
import { checkAccounts } from '../check_accounts.js';
import { accountOf, configuredCommand, wordsOf } from '../configured_command.js';
import { ofKey } from '../of_key.js';
import { durableIn, minimalEnvironment, type ReadContext, type RunContext, type Site } from '../site.js';
import { areThere, lookAt } from '../tenant_files.js';
import type { ConfiguredCommand } from '../values.js';
import { partialSuffix } from './backup_paths.js';
import { checkBackupFolder, discardBackups, findFreeBackupPath } from './backups.js';
import type { BackupOptions, Database } from './port.js';
import { programCommand } from './program_command.js';
import type { CommandsDatabaseConfig } from './schema.js';

/** Removes the unfinished backup of a killed run, then runs the command. */
const clearAndRun = 'rm -f -- "$1" && shift && exec "$@"';

/** The adapter for the keys `database.backup` and `database.restore`. */
export function openCommandsDatabase(config: CommandsDatabaseConfig, site: Site): Database {
  const folder = config.backup_dir === undefined ? site.dataDir : new TenantPath(config.backup_dir);
  const base = folder.join(site.slug);
  /** The user that makes backups owns them. */
  const keeper = { ...site, user: accountOf(site, config.backup) ?? site.user };

  return {
    folder,

    async check(readContext) {
      await checkCommands(config, site);
      await checkBackupFolder({ ...readContext, site: keeper }, folder);
      const bytes = await readBackupSize({ ...readContext, site: keeper }, folder);
      return { needs: [{ folder, bytes, user: keeper.user }], warnings: [] };
    },

    chooseBackupPath: (readContext, at) => findFreeBackupPath({ ...readContext, site: keeper }, [base], at),

    backupFiles: (path) => [path],

    /** Their restore sets nothing aside. */
    asideFiles: () => [],

    hasBackup: ({ probe }, backup) => areThere({ probe, user: keeper.user }, [backup]),

    findHolders: async () => [],

    backup: (context, options) => backUp(context, config, options),

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

    discardAside: async () => {},

    discardBackups: (readContext, paths) => discardBackups({ ...readContext, site: keeper }, paths),
  };
}

async function backUp(
  { run, site }: RunContext,
  config: CommandsDatabaseConfig,
  { path: backup, record, timeLimitMs }: BackupOptions,
): Promise<void> {
  const partial = backup.withSuffix(partialSuffix);
  const make = {
    title: 'backup of the database',
    argv: ['sh', '-c', clearAndRun, 'sh', partial, ...putFile(config.backup, partial)] as const,
    timeLimitMs,
  };
  await run('backup', configuredCommand(site, config.backup, make));
  const seal = {
    title: 'completion of the backup',
    argv: programCommand('seal_backup', [backup, record]),
    env: minimalEnvironment(site.user),
    timeLimitMs,
  };
  await run('seal-backup', configuredCommand(site, config.backup, seal));
}

async function checkCommands(config: CommandsDatabaseConfig, site: Site): Promise<void> {
  const { backup, restore, fingerprint, backup_dir: folder } = config;
  const commands = { 'database.backup': backup, 'database.restore': restore, 'database.fingerprint': fingerprint };
  await checkAccounts(site, commands);
  const account = accountOf(site, backup);
  if (account === null) return;
  if (folder === undefined) {
    throw new AppError('config', `database.backup_dir: is missing, as ${account.name} makes the backups`, {
      hint: `Name a folder that only root and ${account.name} can write; data_dir is the tenant's.`,
    });
  }
  await ofKey('database.backup_dir', () => checkTrustedFolder(folder, { trusted: account }));
}

function putFile(command: ConfiguredCommand, file: TenantPath): [Word, ...Word[]] {
  const [program, ...args] = wordsOf(command);
  const put = (word: string) => file.fillIn(word, '{file}');
  return [put(program), ...args.map(put)];
}

/** Prints the size of the largest backup of the slug in the folder: names and times come from a clock, which is set. */
const largestSizeScript = `find "$1" -maxdepth 1 -regextype posix-extended \\
  -regex ".*/$2\\\\.backup_[0-9]{8}_[0-9]{6}(_[0-9]+)?" -printf '%s\\n' | sort -n | tail -n 1`;

/** Estimates the next backup by the size of the largest one; 0 without one. */
async function readBackupSize({ site, probe }: ReadContext, folder: TenantPath): Promise<number> {
  const look = { script: largestSizeScript, words: [folder, site.slug] };
  const { stdout } = await lookAt({ probe, user: site.user }, look);
  return Number(stdout);
}
