// An agent's report: host, tenants, versions, drift. The agent sends it on connect, on change, and every few minutes.
import { z } from 'zod';
import { toErrorBody } from './error_body.js';

const problemSchema = z.object({ message: z.string(), hint: z.string().nullable() });
export type ReportedProblem = z.infer<typeof problemSchema>;

/** Whatever was thrown, as a report holds it. */
export function toReportedProblem(thrown: unknown): ReportedProblem {
  const { message, hint } = toErrorBody(thrown);
  return { message, hint };
}

export const hostFactsSchema = z.object({
  /** Such as `Debian GNU/Linux 12 (bookworm)`. */
  os: z.string(),
  kernel: z.string(),
  arch: z.string(),
  cpus: z.number().int(),
  memory_bytes: z.number(),
  node: z.string(),
  /** Of the file system that the agent's state folder lies on. */
  state_disk: z.object({ total_bytes: z.number(), free_bytes: z.number() }),
});
export type HostFacts = z.infer<typeof hostFactsSchema>;

export const tenantStates = ['idle', 'running', 'needs_operator', 'broken'] as const;

export const reportedTenantSchema = z.object({
  slug: z.string().min(1).max(64),
  /** The version that the tenant is on as far as its host knows; null before its first upgrade. */
  version: z.string().nullable(),
  commit: z.string().nullable(),
  /** The commit of its work tree; null if the agent cannot read it. */
  head: z.string().nullable(),
  /** Set when the work tree was moved by hand: the current commit, and the commit of the record. */
  drift: z.string().nullable(),
  /** `broken`: its file has a problem, and the agent has never loaded a valid one. */
  state: z.enum(tenantStates),
  /** Why it needs an operator, and what to do. */
  hold: z.object({ reason: z.string(), message: z.string(), hint: z.string() }).nullable(),
  labels: z.record(z.string(), z.string()),
  problems: z.array(problemSchema),
});
export type ReportedTenant = z.infer<typeof reportedTenantSchema>;

export const reportSchema = z.object({
  type: z.literal('report'),
  facts: hostFactsSchema,
  tenants: z.array(reportedTenantSchema).max(2000),
  /** Problems of files that name no tenant. */
  problems: z.array(problemSchema),
});
export type Report = z.infer<typeof reportSchema>;
