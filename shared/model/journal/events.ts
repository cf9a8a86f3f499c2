// The events of a journal, which are also the events of the upgrade's stream. Agent and controller share the schemas.
import { z } from 'zod';
import { sharedLimits as limits } from '../../limits.js';
import { count, hash, hostName, id, key, path, signal, slug, tag, time, version } from '../names.js';
import { phases, planSchema } from '../plan/plan.js';
import { rolloutAttemptSchema, upgradeRequestSchema } from '../request.js';
import { failureSchema, servicesStates, statuses } from '../result.js';
import { stepNames } from '../step_names.js';
import { smallJson, text } from '../text.js';

export const journalVersion = 1;

export const stepStages = ['prepare', 'run', 'undo'] as const;
/** What the agent does with a step of the pipeline. */
export type StepStage = (typeof stepStages)[number];

/**
 * What undoing the commit point found: users' writes decide how the rollback continues. `hold`: the services were stopped
 * and started again; `declined`: that data has changed was seen before any stop.
 */
export const verdicts = ['undone', 'keep-data', 'hold', 'declined'] as const;
export type Verdict = (typeof verdicts)[number];

/** True where the new version stays. */
export function keepsNewVersion(verdict: Verdict | null | undefined): boolean {
  return verdict === 'hold' || verdict === 'declined';
}

/** The tenant's configuration from now on, where it differs from that at the begin; stays on the host. */
const renewedConfig = z.unknown().optional();

export const bodies = {
  begin: z.object({
    type: z.literal('begin'),
    version: z.literal(journalVersion),
    id,
    tenant: slug,
    host: hostName,
    request: upgradeRequestSchema,
    /** The rollout that asked for it, and the how manieth attempt it is. */
    rollout: rolloutAttemptSchema.optional(),
    /** The class of plan that was approved: a plan of another one does not run. */
    plan_class: hash.optional(),
    plan: planSchema.nullable(),
    /** The version that the tenant is on; null where it is unknown. */
    current_version: tag.nullable(),
    /** The tenant's resolved configuration; stays on the host. */
    config: z.unknown(),
  }),
  'step-begin': z.object({ type: z.literal('step-begin'), step: z.enum(stepNames), stage: z.enum(stepStages) }),
  'step-end': z.object({
    type: z.literal('step-end'),
    step: z.enum(stepNames),
    stage: z.enum(stepStages),
    status: z.enum(['ok', 'failed', 'cancelled']),
    verdict: z.enum(verdicts).optional(),
    failure: failureSchema.optional(),
  }),
  command: z.object({
    type: z.literal('command'),
    key,
    step: z.enum(stepNames),
    stage: z.enum(stepStages),
    title: text(),
    boot_id: version,
    /** A quiet command's output is data for the agent and no part of the stream. */
    quiet: z.boolean(),
    hook: z.object({ tag, phase: z.enum(phases), file: path, sha256: hash }).optional(),
    migration: path.optional(),
    /** True where the processes that it leaves running are services. */
    keeps_children: z.boolean().optional(),
  }),
  exit: z.object({
    type: z.literal('exit'),
    key,
    /** Null when the command was ended by a signal or lost. */
    code: z.number().int().nullable(),
    signal: signal.nullable(),
    cause: z.enum(['exited', 'time-limit', 'output-limit', 'cancelled', 'lost']),
    ms: count,
  }),
  memo: z.object({ type: z.literal('memo'), key, value: smallJson(limits.memo) }),
  line: z.object({ type: z.literal('line'), text: text() }),
  warning: z.object({ type: z.literal('warning'), text: text() }),
  cancel: z.object({ type: z.literal('cancel'), force: z.boolean() }),
  rollback: z.object({ type: z.literal('rollback'), id, restore_database: z.boolean(), config: renewedConfig }),
  resume: z.object({
    type: z.literal('resume'),
    /** Of the request. Older journals have none. */
    id: id.optional(),
    accept: z.boolean(),
    config: renewedConfig,
  }),
  finish: z.object({
    type: z.literal('finish'),
    status: z.enum(statuses),
    current_version: tag.nullable(),
    services: z.enum(servicesStates).nullable().optional(),
    /** Why the upgrade needs an operator, or null when it has ended. */
    hold: z.enum(['undo-failed', 'data-changed']).nullable(),
    failure: failureSchema.nullable(),
  }),
};

/** The key of the memo that holds the services which ran before: an empty list for a tenant that was stopped. */
export const runningBeforeKey = 'running_before';
/** The key of the memo that holds the path of the database's backup. */
export const backupPathKey = 'backup_path';

const stamp = { n: z.number().int().positive(), at: time };
export const eventSchema = z.discriminatedUnion('type', [
  bodies.begin.extend(stamp),
  bodies['step-begin'].extend(stamp),
  bodies['step-end'].extend(stamp),
  bodies.command.extend(stamp),
  bodies.exit.extend(stamp),
  bodies.memo.extend(stamp),
  bodies.line.extend(stamp),
  bodies.warning.extend(stamp),
  bodies.cancel.extend(stamp),
  bodies.rollback.extend(stamp),
  bodies.resume.extend(stamp),
  bodies.finish.extend(stamp),
]);
/** An event in the journal: numbered from 1, with its wall time. */
export type Event = z.infer<typeof eventSchema>;
export type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;
type Unstamped<T> = T extends unknown ? Omit<T, 'n' | 'at'> : never;
/** An event before the journal has numbered it. */
export type EventBody = Unstamped<Event>;
