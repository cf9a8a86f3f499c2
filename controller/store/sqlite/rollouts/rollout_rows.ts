// Parses the rows of rollouts.
import { z } from 'zod';
import { directions, rolloutSettingsSchema, rolloutStates } from '../../../../shared/model/rollout.js';
import { rolloutCountsSchema } from '../../../../shared/wire/rollouts_api.js';
import type { StoredRollout } from '../../rollouts.js';

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);

const waveSchema = z.object({
  no: z.number(),
  name: z.string(),
  opened_at: z.string().nullable(),
  passed_at: z.string().nullable(),
  approved_at: z.string().nullable(),
});

const rolloutRow = z.object({
  id: z.string(),
  version: z.string(),
  target_commit: z.string(),
  selection: z.string().nullable(),
  plan: z.string().nullable(),
  settings: json(rolloutSettingsSchema),
  state: z.enum(rolloutStates),
  direction: z.enum(directions),
  why: z.string().nullable(),
  since: z.string(),
  budget: z.number(),
  approved: json(z.array(z.string())).nullable(),
  canary_misses: json(z.array(z.string())),
  waves: json(z.array(waveSchema)),
  created_at: z.string(),
  created_by: z.string(),
  ended_at: z.string().nullable(),
  counts: json(rolloutCountsSchema).nullable().catch(null),
  estimated_end: z.string().nullable(),
});

/**
 * A row of `rollouts`. Its counts are over all of its targets, and its reason may name and count those: an asker with a scope
 * gets no counts, and no reason either where the scope hides some.
 */
export function toRollout(
  row: Readonly<Record<string, unknown>>,
  { isScoped, hides }: { isScoped: boolean; hides: boolean },
): StoredRollout {
  const { target_commit: commit, selection: where, counts, why, ...rollout } = rolloutRow.parse(row);
  return { ...rollout, commit, where, counts: isScoped ? null : counts, why: hides ? null : why };
}
