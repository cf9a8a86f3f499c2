// The tenant file's key `health`.
import { z } from 'zod';
import { duration } from '../../../shared/config/values.js';
import { configuredCommandSchema } from '../values.js';

const shared = {
  /** How long after the start a tenant may take to become healthy. */
  timeout: duration.prefault('60s'),
  /** Successes in a row that are wanted. */
  successes: z.number().int().min(1).max(100).default(3),
  /** Between two tries. */
  interval: duration.prefault('250ms'),
};

export const healthSchema = z.union([
  z.literal('none'),
  z.strictObject({ url: z.url({ protocol: /^https?$/ }), ...shared }),
  z.strictObject({ command: configuredCommandSchema, ...shared }),
]);
export type HealthConfig = z.infer<typeof healthSchema>;
