// The result of an upgrade: the specification's response first, then Drover's additions.
import { z } from 'zod';
import type { ErrorBody } from './error_body.js';
import { sharedLimits as limits } from '../limits.js';
import { count, errorCode, hash, hostName, id, path, signal, slug, tag, time } from './names.js';
import { stepNames } from './step_names.js';
import { shortenedList, text, texts } from './text.js';

export const statuses = ['queued', 'running', 'success', 'refused', 'rolled_back', 'failed', 'cancelled'] as const;
export type Status = (typeof statuses)[number];

export const servicesStates = ['running', 'down', 'stopped', 'unknown'] as const;
/**
 * A tenant's services when its upgrade ended: those that ran before run, or do not; `stopped`: none ran before, and none
 * was started; `unknown`: they do not say.
 */
export type ServicesState = (typeof servicesStates)[number];

export const failureSchema = z.object({
  /** The step that failed, or null when the upgrade was refused before its first step. */
  step: z.enum(stepNames).nullable(),
  /** The file's name, when a release hook failed. */
  hook: path.optional(),
  code: errorCode,
  message: text(),
  /** What to do, if known. */
  hint: text().optional(),
  exit_code: z.number().int().optional(),
  signal: signal.optional(),
  /** The last lines that the failed command printed. */
  output_tail: text(limits.outputTail, 'end'),
  /** True when the tenant needs an operator; `hint` names the commands to use. */
  needs_operator: z.boolean(),
});
export type Failure = z.infer<typeof failureSchema>;

/** The failure of an upgrade that was refused before its first step. */
export function refusalFailure({ code, message, hint }: ErrorBody): Failure {
  const wayOut = hint === null || hint === '' ? {} : { hint };
  return { step: null, code, message, ...wayOut, output_tail: '', needs_operator: false };
}

export const resultSchema = z.object({
  status: z.enum(statuses),
  previous_version: tag.nullable(),
  new_version: tag.nullable(),
  commit: hash.nullable(),
  migrations_run: shortenedList(path, limits.planned, null),
  hooks_executed: texts(limits.planned),
  backup_path: path.nullable(),
  details: texts(limits.details),
  id,
  tenant: slug,
  host: hostName,
  /** The version that the tenant is on now. */
  current_version: tag.nullable(),
  /** The services at the end; null while it runs, where nothing was stopped, and for a tenant without services. */
  services: z.enum(servicesStates).nullable().default(null),
  started_at: time,
  finished_at: time.nullable(),
  /** From the stop of the services until they ran again; 0 when they were never stopped. */
  downtime_ms: count,
  /** The latest rollback that an operator asked for, and how long the services were down for it. */
  rollback: z.object({ asked_at: time, downtime_ms: count }).nullable(),
  steps: shortenedList(
    z.object({
      name: z.enum(stepNames),
      status: z.enum(['ok', 'failed', 'cancelled', 'undone', 'running']),
      ms: count,
    }),
    limits.details,
    null,
  ),
  warnings: texts(),
  failure: failureSchema.nullable(),
});
export type Result = z.infer<typeof resultSchema>;

/** The exit code of a program that ran this upgrade. */
export function exitCodeOf(status: Status): number {
  if (status === 'success') return 0;
  return status === 'refused' ? 2 : 1;
}
