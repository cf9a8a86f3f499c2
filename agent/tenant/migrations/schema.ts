// The tenant file's key `migrations`.
import { z } from 'zod';
import { wordsOf } from '../configured_command.js';
import { configuredCommandSchema } from '../values.js';

const files = z.strictObject({
  /** A glob over the repository, such as `scripts/*.py`. */
  files: z.string().min(1),
  exclude: z.array(z.string().min(1)).default([]),
  /** How one is run; `{file}` stands for its path in `app_dir`. */
  run: configuredCommandSchema.refine((command) => wordsOf(command).some((word) => word.includes('{file}')), {
    message: 'must hold {file}, which stands for the migration',
  }),
});

const command = z.strictObject({ command: configuredCommandSchema });

export const migrationsSchema = z.union([z.literal('none'), files, command]);
export type MigrationsConfig = z.infer<typeof migrationsSchema>;
