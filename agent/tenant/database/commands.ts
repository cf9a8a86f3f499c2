// A database that configured commands back up and restore, such as pg_dump and pg_restore.
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { readOutputTail } from '../../command/output/read_output.js';
import { minimalEnvironment, type Site, tenantCommand } from '../site.js';
import type { CommandLine } from '../values.js';
import { isBackupPath, partialPathOf } from './backup_paths.js';
import { checkBackupFolder, discardBackups, findFreeBackupPath } from './backups.js';
import type { Database } from './port.js';
import { programCommand } from './program_command.js';
import type { CommandsDatabaseConfig } from './schema.js';

/** Removes what a run that was killed left in the way of the command. */
const clearAndRun = 'rm -f -- "$1" && shift && exec "$@"';

/** The adapter for the keys `database.backup` and `database.restore`. */
export function openCommandsDatabase(config: CommandsDatabaseConfig, site: Site): Database {
  const folder = config.backup_dir ?? site.dataDir;
  const base = path.join(folder, site.slug);

  return {
    folder,
    restoreFolder: null,

    async check(looking) {
      await checkBackupFolder(looking, folder);
      return { sizeBytes: await readLastBackupSize(folder, site.slug), warnings: [] };
    },

    chooseBackupPath: (at) => findFreeBackupPath(base, at),

    findHolders: async () => [],

    async backup(working, { path: backup, record, timeLimitMs }) {
      const partial = partialPathOf(backup);
      const command = putFile(config.backup, partial);
      await working.run(
        'backup',
        tenantCommand(site, {
          title: 'backup of the database',
          argv: ['sh', '-c', clearAndRun, 'sh', partial, ...command],
          timeLimitMs,
        }),
      );
      await working.run(
        'seal-backup',
        tenantCommand(site, {
          title: 'completion of the backup',
          argv: programCommand('seal_backup', [backup, record]),
          env: minimalEnvironment(site.user),
          timeLimitMs,
        }),
      );
    },

    async restore(working, { path: backup, timeLimitMs }) {
      const argv = putFile(config.restore, backup);
      await working.run('restore', tenantCommand(site, { title: 'restore of the database', argv, timeLimitMs }));
    },

    async fingerprint(working, timeLimitMs) {
      if (config.fingerprint === undefined) return null;
      const title = 'fingerprint of the database';
      const spec = tenantCommand(site, { title, argv: config.fingerprint, timeLimitMs, quiet: true });
      const { outputPath } = await working.run('fingerprint', spec);
      const line = await readOutputTail(outputPath, { lines: 1, secrets: [] });
      return line === '' ? null : line;
    },

    discardBackups,
  };
}

function putFile([program, ...args]: CommandLine, file: string): [string, ...string[]] {
  const put = (word: string) => word.replaceAll('{file}', () => file);
  return [put(program), ...args.map(put)];
}

/** The next backup will be about as big as the last one; 0 without one. */
async function readLastBackupSize(folder: string, slug: string): Promise<number> {
  const names = await readdir(folder);
  const last = names
    .filter((name) => name.startsWith(`${slug}.backup_`) && isBackupPath(name))
    .toSorted()
    .at(-1);
  return last === undefined ? 0 : (await lstat(path.join(folder, last))).size;
}
