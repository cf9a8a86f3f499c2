// A rollout: a fleet upgrade in waves. Its settings, and the words for the states of a rollout and of its targets.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { wholeList } from './text.js';

/** A number of tenants, or a part of all targets in percent: `10`, `5%`. Percents are rounded up. */
export const shareSchema = z
  .string()
  .max(limits.code.max)
  .regex(/^(?:[1-9]\d{0,6}|(?:100|[1-9]\d?)%)$/, {
    error: 'must be a number of tenants from 1 on, such as 10, or a part of all targets from 1% to 100%',
  });

/** How many tenants a share is of `total`, at least 1. */
export function sizeOfShare(share: string, total: number): number {
  if (!share.endsWith('%')) return Number(share);
  return Math.max(1, Math.ceil((Number(share.slice(0, -1)) * total) / 100));
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const clockTime = z
  .string()
  .max(5)
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day from 00:00 to 23:59' });

/** The name of a time zone; whether it exists is checked where it is read. */
export const zoneName = z
  .string()
  .max(limits.code.max)
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, { error: 'must be the name of a time zone, such as Europe/Berlin' });

/** When tenants may be started: from `from` to `until` of local time on these days; `until` may be on the next day. */
export const windowSchema = z.strictObject({
  days: wholeList(z.enum(weekdays), limits.windowDays).min(1),
  from: clockTime,
  until: clockTime,
  zone: zoneName,
});
export type Window = z.infer<typeof windowSchema>;

/** From a second to a year. */
const seconds = z.number().int().min(1).max(31_536_000);

export const rolloutSettingsSchema = z.strictObject({
  /** The first wave. */
  canary: shareSchema.default('3').describe('the size of the first wave'),
  /** The waves after it; the last one holds all that is left. */
  waves: wholeList(shareSchema, limits.waves).default([]).describe('sizes of the waves after the canary'),
  max_parallel: z.number().int().min(1).max(10_000).default(10).describe('tenants at once'),
  per_host: z.number().int().min(1).max(1000).default(1).describe('tenants of one host at once'),
  soak_s: z.number().int().min(0).max(31_536_000).default(0).describe('seconds between the end of a wave and the next'),
  pause_after_canary: z.boolean().default(false).describe('the wave after the canary waits for an approval'),
  wave_deadline_s: seconds
    .nullable()
    .default(null)
    .describe('a wave that takes longer leaves behind what has not begun'),
  /** So many counted failures halt it. */
  failures: shareSchema.default('3').describe('it halts at so many failures'),
  /** So many failures of one signature halt it. */
  repeats: z.number().int().min(1).max(10_000).default(3).describe('it halts when one failure has repeated so often'),
  windows: wholeList(windowSchema, limits.windows)
    .default([])
    .describe('when tenants may be started; any time if empty'),
  start_within_s: z.number().int().min(1).max(604_800).default(3600).describe('a host must begin an upgrade within'),
  unreachable_after_s: seconds.default(900).describe('an offline host’s upgrade counts as a failure after'),
  give_up_after_s: seconds.default(259_200).describe('a tenant of an open wave that could not start expires after'),
  reconnect_jitter_s: z
    .number()
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .describe('spread of starts after a host was offline'),
});
export type RolloutSettings = z.infer<typeof rolloutSettingsSchema>;

/**
 * `running` starts what may start. `paused` and `halted` start nothing: a person, or a rule of the rollout, has stopped it.
 * `aborted` and `done` have ended, once nothing of them runs any more.
 */
export const rolloutStates = ['running', 'paused', 'halted', 'aborting', 'aborted', 'done'] as const;
export type RolloutState = (typeof rolloutStates)[number];

/** `back`: its successes are being rolled back. */
export const directions = ['forward', 'back'] as const;
export type Direction = (typeof directions)[number];

/** How far a target is. `offered`: its order is stored, and its host may have it. */
export const targetStages = ['waiting', 'offered', 'running', 'ended', 'skipped', 'waived'] as const;
export type TargetStage = (typeof targetStages)[number];

/** How the last attempt of a target ended. `expired` and `cancelled`: it did not begin, or was ended by somebody. */
export const outcomes = [
  'success',
  'failed',
  'rolled_back',
  'refused',
  'needs_operator',
  'cancelled',
  'expired',
  'plan_changed',
  /** An operator has rolled back what had succeeded. */
  'taken_back',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Those that the failure budget counts, besides the unreachable. */
export const countedOutcomes: readonly Outcome[] = ['failed', 'rolled_back', 'refused', 'needs_operator'];

/** Why a target does not start now: the rules of `decide`, in their order. */
export const waitRules = [
  'wave',
  'approval',
  'paused',
  'halted',
  'frozen',
  'window',
  'plan-changed',
  'failed-before',
  'busy',
  'offline',
  'catching-up',
  'reconnect',
  'host-busy',
  'max-parallel',
] as const;
export type WaitRule = (typeof waitRules)[number];
