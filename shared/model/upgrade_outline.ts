// An upgrade in a list: its versions, its state, and why it did not succeed.
import { z } from 'zod';
import { key } from './names.js';
import { resultSchema } from './result.js';
import { text } from './text.js';

export const upgradeOutlineSchema = resultSchema
  .pick({
    id: true,
    tenant: true,
    host: true,
    status: true,
    previous_version: true,
    new_version: true,
    current_version: true,
    started_at: true,
    finished_at: true,
  })
  .extend({
    /** The current step while it runs. */
    step: key.nullable(),
    /** Why it did not succeed. */
    message: text().nullable(),
    needs_operator: z.boolean(),
  });
export type UpgradeOutline = z.infer<typeof upgradeOutlineSchema>;
