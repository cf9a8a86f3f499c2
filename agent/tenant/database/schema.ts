// The tenant file's key `database`.
import path from 'node:path';
import { z } from 'zod';
import { agentLimits } from '../../limits.js';
import { absolutePath } from '../../../shared/config/values.js';
import { configuredCommandSchema, innerPath } from '../values.js';

const shared = {
  /** Where backups go; beside the database (or in `data_dir`) without it. */
  backup_dir: absolutePath.optional(),
  /** How many backups of successful upgrades to keep. */
  keep: z.number().int().min(1).default(5),
};

const sqlite = z
  .strictObject({
    /** The file or the files, relative to `data_dir`. */
    sqlite: z.union([
      innerPath,
      z
        .tuple([innerPath], innerPath)
        .refine((files) => files.length <= agentLimits.databaseFiles.max, {
          message: `must not name more than ${agentLimits.databaseFiles.max} files`,
        })
        .refine((files) => new Set(files).size === files.length, { message: 'must not name a file twice' }),
    ]),
    ...shared,
    /** True when other processes may hold the database open during an upgrade. */
    allow_writers: z.boolean().default(false),
  })
  .refine(({ sqlite: files, backup_dir: folder }) => folder === undefined || haveOwnNames([files].flat()), {
    path: ['sqlite'],
    message: 'must not name two files of one name, as their backups go into one folder (backup_dir)',
  });

/** Backups are named after their files. */
function haveOwnNames(files: readonly string[]): boolean {
  return new Set(files.map((file) => path.basename(file))).size === files.length;
}

const commands = z.strictObject({
  /** Writes a backup to the path in `{file}`. */
  backup: configuredCommandSchema,
  /** Puts the database back from the path in `{file}`. */
  restore: configuredCommandSchema,
  /** Prints a line that changes whenever the data does; without it every database counts as changed. */
  fingerprint: configuredCommandSchema.optional(),
  ...shared,
});

export const databaseSchema = z.union([z.literal('none'), sqlite, commands]);
export type DatabaseConfig = z.infer<typeof databaseSchema>;
export type SqliteConfig = z.infer<typeof sqlite>;
export type CommandsDatabaseConfig = z.infer<typeof commands>;
