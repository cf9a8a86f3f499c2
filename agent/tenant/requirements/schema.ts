// The tenant file's key `requirements`.
import { z } from 'zod';
import { configuredCommandSchema, innerPath } from '../values.js';

const venv = z.strictObject({
  /** The requirements file in the repository, such as `requirements.txt`. */
  file: innerPath,
  /** The virtual environment in `app_dir`; it becomes a symbolic link to the environment in use. */
  venv: innerPath,
  /** Build the environment while the services are still up. */
  prebuild: z.boolean().default(true),
  /** The interpreter that makes the environment. */
  python: z.string().default('python3'),
});

const command = z.strictObject({
  run: configuredCommandSchema,
  /** The folder in `app_dir` that `run` fills; it is copied before and put back by a rollback. */
  snapshot: innerPath.optional(),
  /** Run only when one of these files differs between the two versions. */
  when_changed: z.array(innerPath).optional(),
});

export const requirementsSchema = z.union([z.literal('none'), venv, command]);
export type RequirementsConfig = z.infer<typeof requirementsSchema>;
export type VenvConfig = z.infer<typeof venv>;
export type RequirementsCommandConfig = z.infer<typeof command>;
