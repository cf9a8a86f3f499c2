// A SQLite database: everything that opens it is one of our small programs, run as the tenant's user.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { readOutputTail } from '../../command/output/read_output.js';
import { TenantPath } from '../../command/tenant_path.js';
import { minimalEnvironment, tenantCommand, type ReadContext, type Site } from '../site.js';
import { isThere, resolveFolder } from '../tenant_files.js';
import { checkBackupFolder, discardBackups, findFreeBackupPath } from './backups.js';
import { findHolders } from './holders.js';
import type { Database } from './port.js';
import { programCommand } from './program_command.js';
import type { SqliteConfig } from './schema.js';

/** Checking a database reads all of it. */
const inspectionLimitMs = 600_000;

const inspectionSchema = z.discriminatedUnion('usable', [
  z.object({ usable: z.literal(true), size_bytes: z.number(), warnings: z.array(z.string()) }),
  z.object({ usable: z.literal(false), problem: z.string(), remedy: z.string() }),
]);

/** The adapter for the key `database.sqlite`. */
export function openSqliteDatabase(config: SqliteConfig, site: Site): Database {
  const file = site.dataDir.join(config.sqlite);
  const folder = config.backup_dir === undefined ? file.parent : new TenantPath(config.backup_dir);
  const base = folder.join(file.name);
  // The tenant's environment is left out: its NODE_OPTIONS would change how our programs run.
  const env = minimalEnvironment(site.user);

  return {
    folder,
    keeper: site.user,
    restoreFolder: file.parent,

    async check(readContext) {
      const { exitCode, stdout, stderr } = await readContext.probe({
        argv: programCommand('sqlite_inspect', [file]),
        user: site.user,
        cwd: '/',
        env,
        timeLimitMs: inspectionLimitMs,
      });
      if (exitCode !== 0) throw unusable(`The database ${file.shown} could not be inspected: ${stderr.trim()}`);
      const inspection = inspectionSchema.parse(JSON.parse(stdout));
      if (!inspection.usable) throw unusable(inspection.problem, inspection.remedy);
      await checkBackupFolder(readContext, folder);
      return { sizeBytes: inspection.size_bytes, warnings: inspection.warnings };
    },

    chooseBackupPath: (readContext, at) => findFreeBackupPath(readContext, base, at),

    hasBackup: ({ probe }, backup) => isThere({ probe, user: site.user }, backup),

    async findHolders({ probe }) {
      const realFolder = await resolveFolder({ probe, user: site.user }, file.parent);
      return findHolders(`${realFolder}/${file.name}`);
    },

    async backup(context, { path: backup, record, timeLimitMs }) {
      const argv = programCommand('sqlite_backup', [file, backup, record]);
      await context.run('backup', tenantCommand(site, { title: 'backup of the database', argv, env, timeLimitMs }));
    },

    async restore(context, { path: backup, stamp, timeLimitMs }) {
      const argv = programCommand('sqlite_restore', [file, backup, stamp]);
      await context.run('restore', tenantCommand(site, { title: 'restore of the database', argv, env, timeLimitMs }));
    },

    async fingerprint(context, timeLimitMs) {
      const argv = programCommand('sqlite_fingerprint', [file]);
      const title = 'fingerprint of the database';
      const spec = tenantCommand(site, { title, argv, env, timeLimitMs, quiet: true });
      const { outputPath } = await context.run('fingerprint', spec);
      return readOutputTail(outputPath, { lines: 1, secrets: [] });
    },

    discardBackups,

    discardAside: (readContext, stamps) => discardAside(readContext, file, stamps),
  };
}

async function discardAside({ probe, site }: ReadContext, file: TenantPath, stamps: readonly string[]): Promise<void> {
  // Companion files (-wal, -shm, -journal) and files of a repeated restore have the same name plus a suffix.
  const script = 'for name in "$@"; do rm -f -- "$name" "$name"-* "$name"_[0-9]*; done';
  const names = stamps.map((stamp) => file.withSuffix(`.failed_${stamp}`));
  const { exitCode, stderr } = await probe({ argv: ['sh', '-c', script, 'sh', ...names], user: site.user, cwd: '/' });
  if (exitCode !== 0) throw new AppError('io', `Old databases could not be deleted: ${stderr.trim()}`);
}

function unusable(message: string, hint?: string): AppError {
  return new AppError('database-unusable', message, hint === undefined ? {} : { hint });
}
