// A mark: an operator's word that a tag's hooks are done, or not needed; one schema from the command line to the host.
import { z } from 'zod';
import { tag } from './names.js';
import { phases } from './plan/plan.js';
import { text } from './text.js';

export const markSchema = z.strictObject({
  tag,
  /** Null for the hooks of all phases. */
  phase: z.enum(phases).nullable().default(null),
  /** `none` removes a mark. */
  as: z.enum(['done', 'skipped', 'none']),
  /** Why; only a removal may leave it empty. */
  reason: text().default(''),
});
export type Mark = z.infer<typeof markSchema>;
