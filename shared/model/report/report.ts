// An agent's report: host, tenants, versions, drift. The agent sends it whole on connect, then what changes of it.
import { z } from 'zod';
import { sharedLimits as limits } from '../../limits.js';
import { toErrorBody } from '../error_body.js';
import { count, errorCode, hash, labelName, slug, tag } from '../names.js';
import { servicesStates } from '../result.js';
import { saysLeft, shortenedList, text, wholeList } from '../text.js';

export const problemSchema = z.object({ message: text(), hint: text().nullable() });
export const problemsSchema = shortenedList(problemSchema, limits.reportedProblems, (left) => ({
  message: saysLeft(left),
  hint: null,
}));
export type ReportedProblem = z.infer<typeof problemSchema>;

/** Whatever was thrown, as a report holds it; `secrets` are masked. */
export function toReportedProblem(thrown: unknown, secrets: readonly string[] = []): ReportedProblem {
  const { message, hint } = toErrorBody(thrown, secrets);
  return { message, hint };
}

/** What does not change while an agent runs. */
export const hostFactsSchema = z.object({
  /** Such as `Debian GNU/Linux 12 (bookworm)`. */
  os: text(),
  kernel: text(),
  arch: text(),
  cpus: count,
  memory_bytes: count,
  node: text(),
});
export type HostFacts = z.infer<typeof hostFactsSchema>;

const room = z.object({ total_bytes: count, free_bytes: count });
const load = z.number().min(0);
/** What changes at every look. */
export const hostFiguresSchema = z.object({
  load_1m: load,
  load_5m: load,
  load_15m: load,
  memory_available_bytes: count,
  /** Of the file system that the agent's state folder lies on. */
  state_disk: room,
  /** The file systems on the host's own disks, by where they are mounted. */
  disks: shortenedList(room.extend({ path: text() }), limits.disks, null),
});
export type HostFigures = z.infer<typeof hostFiguresSchema>;

const labelsUpTo = (max: number) =>
  z.record(labelName, text(limits.labelValue)).refine((labels) => Object.keys(labels).length <= max, {
    error: `must be at most ${max} labels`,
  });
/** `ring: canary`. */
export const labelsSchema = labelsUpTo(limits.labels.max);
/** Those of a host with those of admins. */
export const allLabelsSchema = labelsUpTo(2 * limits.labels.max);

export const tenantStates = ['idle', 'running', 'needs_operator', 'broken'] as const;

export const reportedTenantSchema = z.object({
  slug,
  /** The version that the tenant is on as far as its host knows. */
  version: tag.nullable(),
  commit: hash.nullable(),
  /** True where the version is the highest tag of the work tree: the tenant has no record before its first upgrade. */
  detected: z.boolean().default(false),
  /** The commit of its work tree; null if the agent cannot read it. */
  head: hash.nullable(),
  /** Set when the work tree was moved by hand: the current commit, and the commit of the record. */
  drift: text().nullable(),
  /** `broken`: its file has a problem, and the agent has never loaded a valid one. */
  state: z.enum(tenantStates),
  /** Why it needs an operator, and what to do. */
  hold: z
    .object({
      reason: errorCode,
      message: text(),
      hint: text(),
      services: z.enum(servicesStates).nullable().optional(),
    })
    .nullable(),
  labels: labelsSchema,
  problems: problemsSchema,
});
export type ReportedTenant = z.infer<typeof reportedTenantSchema>;

export const reportSchema = z.object({
  type: z.literal('report'),
  facts: hostFactsSchema,
  figures: hostFiguresSchema,
  tenants: wholeList(reportedTenantSchema, limits.tenants),
  /** Problems of files that name no tenant. */
  problems: problemsSchema,
});
export type Report = z.infer<typeof reportSchema>;
