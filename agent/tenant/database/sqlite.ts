// A tenant's SQLite databases, one or several files: everything that opens them is one of our small programs, run as the
// tenant's user. Several files are backed up, compared and restored as one.
import { readOutputTail } from '../../command/output/read_output.js';
import type { TenantPath, Word } from '../../command/tenant_path.js';
import { minimalEnvironment, tenantCommand, type ReadContext, type RunContext, type Site } from '../site.js';
import { areThere, resolveFolder } from '../tenant_files.js';
import { asideSuffix } from './backup_paths.js';
import { discardAside, discardBackups, findFreeBackupPath } from './backups.js';
import { checkFiles } from './check_files.js';
import { findHolders } from './holders.js';
import type { Database, Holder } from './port.js';
import { programCommand, type ProgramName } from './program_command.js';
import type { SqliteConfig } from './schema.js';
import { distinct, listTargets, type Target } from './targets.js';

/** The adapter for the key `database.sqlite`. */
export function openSqliteDatabase(config: SqliteConfig, site: Site): Database {
  const targets = listTargets(config, site);
  const [first, ...others] = targets;
  // The tenant's environment is left out: its NODE_OPTIONS would change how our programs run.
  const env = minimalEnvironment(site.user);
  /** The backups of all files that were made together with this one of the first file: their names end alike. */
  const backupsOf = (path: TenantPath) => {
    const end = path.endAfter(first.base);
    return targets.map(({ file, base }) => ({ file, backup: base.withSuffix(end) }));
  };
  const runOnFiles = async (context: RunContext, { key, title, argv, timeLimitMs, quiet = false }: FilesCommand) =>
    context.run(key, tenantCommand(site, { title, argv, env, timeLimitMs, quiet }));

  return {
    folder: first.base.parent,

    check: (readContext) => checkFiles(readContext, config, targets),

    chooseBackupPath: (readContext, at) =>
      findFreeBackupPath(readContext, [first.base, ...others.map(({ base }) => base)], at),

    backupFiles: (path) => backupsOf(path).map(({ backup }) => backup),

    asideFiles: (stamp) => targets.map(({ file }) => file.withSuffix(asideSuffix(stamp))),

    hasBackup: ({ probe }, path) =>
      areThere(
        { probe, user: site.user },
        backupsOf(path).map(({ backup }) => backup),
      ),

    findHolders: (readContext) => findFileHolders(readContext, targets),

    async backup(context, { path, record, timeLimitMs }) {
      const argv = onFiles('sqlite_backup', backupsOf(path), record);
      await runOnFiles(context, { key: 'backup', title: 'backup of the database', argv, timeLimitMs });
    },

    async restore(context, { path, stamp, timeLimitMs }) {
      const argv = onFiles('sqlite_restore', backupsOf(path), stamp);
      await runOnFiles(context, { key: 'restore', title: 'restore of the database', argv, timeLimitMs });
    },

    async fingerprint(context, timeLimitMs) {
      const files = targets.map(({ file }) => file);
      const argv = programCommand('sqlite_fingerprint', files);
      const command = { key: 'fingerprint', title: 'fingerprint of the database', argv, timeLimitMs, quiet: true };
      const { outputPath } = await runOnFiles(context, command);
      return readOutputTail(outputPath, { lines: 1, secrets: [] });
    },

    discardBackups,

    discardAside,
  };
}

interface FilesCommand {
  key: string;
  title: string;
  argv: readonly [Word, ...Word[]];
  timeLimitMs: number;
  quiet?: boolean;
}

/** The program's arguments: how many files, each with its backup, and one more, which may be long. */
function onFiles(name: ProgramName, pairs: readonly { file: TenantPath; backup: TenantPath }[], last: string) {
  return programCommand<Word>(name, [
    String(pairs.length),
    ...pairs.flatMap(({ file, backup }) => [file, backup]),
    last,
  ]);
}

async function findFileHolders({ probe, site }: ReadContext, targets: readonly Target[]): Promise<Holder[]> {
  const files: string[] = [];
  for (const folder of distinct(targets.map(({ file }) => file.parent))) {
    const real = await resolveFolder({ probe, user: site.user }, folder);
    const inside = targets.filter(({ file }) => file.parent.is(folder));
    files.push(...inside.map(({ file }) => `${real}/${file.name}`));
  }
  return findHolders(files);
}
