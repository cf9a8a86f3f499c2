// The tenant file's key `limits`: what each command that runs the tenant's code may take of the host, where systemd launches
// it.
import { z } from 'zod';
import { size } from '../../shared/config/values.js';
import type { CommandUnit } from '../command/spec.js';
import type { Site } from './site.js';

const percent = z
  .string()
  .regex(/^([1-9]\d?|100)%$/)
  .transform((text) => ({ percent: Number.parseInt(text, 10) }));

export const unitLimitsSchema = z.strictObject({
  /** Processes and threads at a time. Fewer do not hold the supervisor and a shell with its programs. */
  tasks: z.number().int().min(16).max(4_000_000).default(4096),
  memory: z
    .union([z.literal('unlimited'), percent, size], {
      error: 'must be a size such as 2GiB, a part of the memory of the host such as 75%, or unlimited',
    })
    .prefault('75%'),
  /** Against 100 of other services. */
  cpu_weight: z.number().int().min(1).max(10_000).default(100),
});

const defaults = unitLimitsSchema.parse({});

/** What marks a command as one that runs the tenant's code. */
export function inUnit({ slug, limits = defaults }: Site): { unit: CommandUnit } {
  return { unit: { tenant: slug, limits } };
}
