// What an agent says of itself: its host, its tenants, their versions and drift. Sent on connect, on change, and now and then.
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
  /** The commit that its work tree is really on; null where that could not be read. */
  head: z.string().nullable(),
  /** Set where somebody moved the work tree by hand: the current commit against what the record says. */
  drift: z.string().nullable(),
  /** `broken`: its file has a problem, and there was never a good one. */
  state: z.enum(tenantStates),
  /** Why it waits for an operator, and what leads out. */
  hold: z.object({ reason: z.string(), message: z.string(), hint: z.string() }).nullable(),
  labels: z.record(z.string(), z.string()),
  problems: z.array(problemSchema),
});
export type ReportedTenant = z.infer<typeof reportedTenantSchema>;

export const reportSchema = z.object({
  type: z.literal('report'),
  facts: hostFactsSchema,
  tenants: z.array(reportedTenantSchema).max(2000),
  /** What is wrong with files that do not even say whose they are. */
  problems: z.array(problemSchema),
});
export type Report = z.infer<typeof reportSchema>;
