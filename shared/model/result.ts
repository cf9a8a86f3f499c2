// The result of an upgrade: the specification's response first, then Drover's additions.
import { z } from 'zod';
import type { ErrorBody } from './error_body.js';
import { stepNames } from './step_names.js';

export const statuses = ['queued', 'running', 'success', 'refused', 'rolled_back', 'failed', 'cancelled'] as const;
export type Status = (typeof statuses)[number];

export const failureSchema = z.object({
  /** The step that failed, or null when the upgrade was refused before its first step. */
  step: z.enum(stepNames).nullable(),
  /** The file's name, when a release hook failed. */
  hook: z.string().optional(),
  code: z.string(),
  message: z.string(),
  /** What to do, if known. */
  hint: z.string().optional(),
  exit_code: z.number().optional(),
  signal: z.string().optional(),
  /** The last lines that the failed command printed. */
  output_tail: z.string(),
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
  previous_version: z.string().nullable(),
  new_version: z.string().nullable(),
  commit: z.string().nullable(),
  migrations_run: z.array(z.string()),
  hooks_executed: z.array(z.string()),
  backup_path: z.string().nullable(),
  details: z.array(z.string()),
  id: z.string(),
  tenant: z.string(),
  host: z.string(),
  /** The version that the tenant is on now. */
  current_version: z.string().nullable(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  /** From the stop of the services until they ran again; 0 when they were never stopped. */
  downtime_ms: z.number(),
  /** The latest rollback that an operator asked for, and how long the services were down for it. */
  rollback: z.object({ asked_at: z.string(), downtime_ms: z.number() }).nullable(),
  steps: z.array(
    z.object({
      name: z.enum(stepNames),
      status: z.enum(['ok', 'failed', 'cancelled', 'undone', 'running']),
      ms: z.number(),
    }),
  ),
  warnings: z.array(z.string()),
  failure: failureSchema.nullable(),
});
export type Result = z.infer<typeof resultSchema>;

/** The exit code of a program that ran this upgrade. */
export function exitCodeOf(status: Status): number {
  if (status === 'success') return 0;
  return status === 'refused' ? 2 : 1;
}
