// The tenant file's key `migrations`.
import { z } from 'zod';
import { wordsOf } from '../configured_command.js';
import { commandLine, configuredCommandSchema } from '../values.js';

const files = z.strictObject({
  /** A glob over the repository, such as `scripts/*.py`. */
  files: z.string().min(1),
  exclude: z.array(z.string().min(1)).default([]),
  /** How one is run; `{file}` stands for its path in `app_dir`. */
  run: configuredCommandSchema.refine((command) => wordsOf(command).some((word) => word.includes('{file}')), {
    message: 'must hold {file}, which stands for the migration',
  }),
  /** Migrations that a release renamed or moved, by their new path with the old one: they count as applied. */
  renamed: z.record(z.string().min(1), z.string().min(1)).default({}),
});

const command = z.strictObject({
  command: configuredCommandSchema,
  /** Prints the names of pending migrations, one a line, for the plan. */
  list: commandLine.optional(),
});

export const migrationsSchema = z.union([z.literal('none'), files, command]);
export type MigrationsConfig = z.infer<typeof migrationsSchema>;
