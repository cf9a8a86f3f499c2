// A SQLite database: everything that opens it is one of our small programs, run as the tenant's user.
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { readOutputTail } from '../../command/output/read_output.js';
import { minimalEnvironment, tenantCommand, type ReadContext, type Site } from '../site.js';
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
  const file = path.join(site.dataDir, config.sqlite);
  const folder = config.backup_dir ?? path.dirname(file);
  const base = path.join(folder, path.basename(file));
  // The tenant's environment is left out: its NODE_OPTIONS would change how our programs run.
  const env = minimalEnvironment(site.user);

  return {
    folder,
    restoreFolder: path.dirname(file),

    async check(readContext) {
      const { exitCode, stdout, stderr } = await readContext.probe({
        argv: programCommand('sqlite_inspect', [file]),
        user: site.user,
        cwd: '/',
        env,
        timeLimitMs: inspectionLimitMs,
      });
      if (exitCode !== 0) throw unusable(`The database ${file} could not be inspected: ${stderr.trim()}`);
      const inspection = inspectionSchema.parse(JSON.parse(stdout));
      if (!inspection.usable) throw unusable(inspection.problem, inspection.remedy);
      await checkBackupFolder(readContext, folder);
      return { sizeBytes: inspection.size_bytes, warnings: inspection.warnings };
    },

    chooseBackupPath: (at) => findFreeBackupPath(base, at),

    findHolders: () => findHolders(file),

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

async function discardAside({ probe, site }: ReadContext, file: string, stamps: readonly string[]): Promise<void> {
  // Companion files (-wal, -shm, -journal) and files of a repeated restore have the same name plus a suffix.
  const script = 'for name in "$@"; do rm -f -- "$name" "$name"-* "$name"_[0-9]*; done';
  const names = stamps.map((stamp) => `${file}.failed_${stamp}`);
  const { exitCode, stderr } = await probe({ argv: ['sh', '-c', script, 'sh', ...names], user: site.user, cwd: '/' });
  if (exitCode !== 0) throw new AppError('io', `Old databases could not be deleted: ${stderr.trim()}`);
}

function unusable(message: string, hint?: string): AppError {
  return new AppError('database-unusable', message, hint === undefined ? {} : { hint });
}
