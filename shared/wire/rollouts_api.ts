// The API's objects of fleet upgrades: fleet plans and rollouts.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { commit, count, errorCode, hash, hostName, id, key, selectionText, slug, tag, time } from '../model/names.js';
import { planSchema } from '../model/plan/plan.js';
import {
  directions,
  outcomes,
  rolloutSettingsSchema,
  rolloutStates,
  shareSchema,
  targetStages,
  waitRules,
} from '../model/rollout.js';
import { text, wholeList } from '../model/text.js';
import { pageQuerySchema } from './api.js';

/** A plan class, or its first digits: as many as make it one of its kind. */
const classPrefix = z
  .string()
  .max(64)
  .regex(/^[0-9a-f]{4,64}$/, { error: 'must be a plan class, or its first 4 digits or more' });

// Fleet plans ---------------------------------------------------------------------------------------------------------

export const fleetPlanBodySchema = z.strictObject({
  version: tag.nullable().default(null).describe('a tag; null for the highest stable tag'),
  where: selectionText.nullable().default(null).describe('the tenants, as a selection; all without it'),
});
export type FleetPlanBody = z.infer<typeof fleetPlanBodySchema>;

export const fleetPlanStates = ['running', 'done', 'cancelled'] as const;

/** Tenants whose plans are the same. Its letter is that of lists: A for the largest. */
export const planClassSchema = z.object({
  plan_class: hash,
  letter: z.string(),
  tenants: count,
  /** Some of them, in order of slug. */
  examples: wholeList(slug, limits.warnings),
  /** The whole plan of one of them. */
  plan: planSchema,
  /** True where every plan of it has blockers. */
  is_blocked: z.boolean(),
});

export const fleetPlanSchema = z.object({
  id,
  version: tag.nullable(),
  where: selectionText.nullable(),
  state: z.enum(fleetPlanStates),
  created_at: time,
  finished_at: time.nullable(),
  created_by: text(),
  /** What the plans agree on: the tag and the commit; null before the first plan. */
  pin: z.object({ version: tag, commit }).nullable(),
  /** Commits of the tag that other hosts see, with how many tenants: a rollout of it needs `commit`. */
  disagreeing: wholeList(z.object({ commit, tenants: count }), limits.warnings),
  hosts: count,
  tenants: count,
  planned: count,
  /** Not planned: their host was offline, or could not plan them; grouped by code. */
  failed: wholeList(
    z.object({ code: errorCode, message: text(), tenants: count, examples: wholeList(slug, limits.warnings) }),
    limits.warnings,
  ),
  /** The largest first. */
  classes: wholeList(planClassSchema, limits.approvals),
});
export type FleetPlan = z.infer<typeof fleetPlanSchema>;
export const fleetPlanSummarySchema = fleetPlanSchema.omit({ classes: true, failed: true, disagreeing: true });
export type FleetPlanSummary = z.infer<typeof fleetPlanSummarySchema>;

// Rollouts ------------------------------------------------------------------------------------------------------------

export const rolloutBodySchema = rolloutSettingsSchema.extend({
  version: tag.nullable().default(null).describe('a tag; null for the pin of the plan, or for the highest stable tag'),
  where: selectionText.nullable().default(null).describe('the tenants; those of the plan, or all, without it'),
  plan: id.nullable().default(null).describe('the fleet plan whose pin and classes it takes'),
  approve: wholeList(classPrefix, limits.approvals).default([]).describe('plan classes of the plan that may run'),
  commit: commit.nullable().default(null).describe('the commit of the tag, where hosts disagree'),
});
export type RolloutBody = z.infer<typeof rolloutBodySchema>;

const wave = z.object({
  no: count,
  /** `canary`, the share, or `rest`. */
  name: z.string(),
  tenants: count,
  succeeded: count,
  failed: count,
  state: z.enum(['waiting', 'open', 'soaking', 'passed']),
  opened_at: time.nullable(),
  passed_at: time.nullable(),
  /** Why it does not open or pass yet; null where nothing holds it. */
  waits: text().nullable(),
});

export const rolloutCountsSchema = z.object({
  total: count,
  succeeded: count,
  running: count,
  offered: count,
  waiting: count,
  failed: count,
  rolled_back: count,
  refused: count,
  needs_operator: count,
  cancelled: count,
  expired: count,
  plan_changed: count,
  taken_back: count,
  skipped: count,
  waived: count,
  /** Waiting tenants of hosts that are offline, and begun ones that count as unreachable. */
  offline: count,
  unreachable: count,
  /** Failures that the budget counts. */
  counted: count,
});
export type RolloutCounts = z.infer<typeof rolloutCountsSchema>;

export const rolloutSummarySchema = z.object({
  id,
  version: tag,
  commit,
  where: selectionText.nullable(),
  state: z.enum(rolloutStates),
  direction: z.enum(directions),
  created_at: time,
  created_by: text(),
  ended_at: time.nullable(),
  /** Why it is paused or halted, as a sentence with the way out; null while it runs. */
  why: text().nullable(),
  counts: rolloutCountsSchema,
  /** Its failures that count, and at how many it halts. */
  budget: z.object({ counted: count, limit: count }),
  /** The number of the wave that is open, from 0 for the canary. */
  wave: count,
  waves: count,
  /** When the last one is done, estimated from recorded durations; null where nothing is known yet. */
  estimated_end: time.nullable(),
});
export type RolloutSummary = z.infer<typeof rolloutSummarySchema>;

/** Failures that are the same: step, hook and normalised message. */
export const failureGroupSchema = z.object({
  signature: text(),
  step: key.nullable(),
  hook: text().nullable(),
  /** Of the first example; the signature's where that has none. */
  message: text(),
  /** The last lines that its failed command printed. */
  output: wholeList(text(), limits.warnings),
  tenants: count,
  examples: wholeList(slug, limits.warnings),
  /** Somebody has said that what made them fail is mended. */
  is_fixed: z.boolean(),
});
export type FailureGroup = z.infer<typeof failureGroupSchema>;

export const rolloutSchema = rolloutSummarySchema.extend({
  settings: rolloutSettingsSchema,
  plan: id.nullable(),
  approved: wholeList(hash, limits.approvals).nullable(),
  /** Approved classes and hosts that the canary does not cover. */
  canary_misses: wholeList(text(), limits.warnings),
  wave_list: wholeList(wave, limits.waves),
  failures: wholeList(failureGroupSchema, limits.warnings),
  /** Plan classes that tenants have now and that nobody has approved. */
  unapproved: wholeList(
    z.object({
      plan_class: hash,
      tenants: count,
      examples: wholeList(slug, limits.warnings),
      /** Codes of what blocked it in the fleet plan: approve it once that is mended, and its hosts plan again. */
      blockers: wholeList(errorCode, limits.warnings),
    }),
    limits.warnings,
  ),
  /** When a maintenance window is open next; null where one is open, or none is set. */
  next_opening: time.nullable(),
});
export type Rollout = z.infer<typeof rolloutSchema>;

export const targetSchema = z.object({
  slug,
  host: hostName,
  wave: count.nullable(),
  stage: z.enum(targetStages),
  outcome: z.enum(outcomes).nullable(),
  attempt: count,
  upgrade: id.nullable(),
  version: tag.nullable(),
  plan_class: hash.nullable(),
  /** The current step while it runs. */
  step: key.nullable(),
  /** Steps that began, as in its result. */
  steps: wholeList(z.object({ name: key, status: key, ms: count }), limits.details),
  message: text().nullable(),
  signature: text().nullable(),
  started_at: time.nullable(),
  finished_at: time.nullable(),
  /** Why it does not start now, and until when at most; null where it has started or settled. */
  waits: z.object({ rule: z.enum(waitRules), text: text(), until: time.nullable() }).nullable(),
  /** Its host has been away with its upgrade for too long: it counts as a failure until the host reports, or it is waived. */
  is_unreachable: z.boolean(),
});
export type Target = z.infer<typeof targetSchema>;

export const targetsQuerySchema = pageQuerySchema.extend({
  stage: z.enum(targetStages).optional(),
  outcome: z.enum(outcomes).optional(),
  wave: z.coerce.number().int().min(0).optional(),
});
export type TargetsQuery = z.infer<typeof targetsQuerySchema>;

export const retryBodySchema = z.strictObject({
  tenants: wholeList(slug, limits.namedTenants).default([]).describe('all that failed or never started without it'),
  fixed: z.boolean().default(false).describe('what made them fail is mended'),
  dry_run: z.boolean().default(false).describe('only answers what would be tried again'),
});
export type RetryBody = z.infer<typeof retryBodySchema>;
export const retriedSchema = z.object({
  retried: wholeList(slug, limits.namedTenants),
  /** Those that are not tried again before somebody says that it is fixed. */
  held: wholeList(z.object({ slug, signature: text() }), limits.namedTenants),
});
export type Retried = z.infer<typeof retriedSchema>;
export const resumeRolloutBodySchema = z.strictObject({
  failures: shareSchema.optional().describe('a new failure budget'),
});
export const waiveBodySchema = z.strictObject({ tenants: wholeList(slug, limits.namedTenants).min(1) });
export const approveBodySchema = z.strictObject({
  plan_classes: wholeList(classPrefix, limits.approvals).default([]),
  next_wave: z.boolean().default(false).describe('opens the wave that waits for an approval'),
});
export type ApproveBody = z.infer<typeof approveBodySchema>;
