// What the rows of the database look like; they are checked where they are read.
import { z } from 'zod';
import { hostFactsSchema, reportedTenantSchema } from '../../shared/model/report.js';
import { statuses } from '../../shared/model/result.js';

/** A column that holds JSON. */
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);

export const hostRow = z.object({
  host: z.string(),
  agent_version: z.string(),
  protocol_version: z.number(),
  first_seen_at: z.string(),
  connected_at: z.string(),
  seen_at: z.string(),
  clock_skew_ms: z.number(),
  facts: json(hostFactsSchema).nullable(),
  problems: json(z.array(z.object({ message: z.string(), hint: z.string().nullable() }))),
});
export type HostRow = z.infer<typeof hostRow>;

export const tenantRow = z.object({
  slug: z.string(),
  host: z.string(),
  reported_at: z.string(),
  report: json(reportedTenantSchema),
});
export type TenantRow = z.infer<typeof tenantRow>;

export const upgradeRow = z.object({
  no: z.number(),
  id: z.string(),
  tenant: z.string(),
  host: z.string(),
  status: z.enum(statuses),
  created_at: z.string(),
  previous_version: z.string().nullable(),
  new_version: z.string().nullable(),
  current_version: z.string().nullable(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  step: z.string().nullable(),
  message: z.string().nullable(),
  needs_operator: z.number(),
  items: z.number(),
  events: z.number(),
  outputs: json(z.record(z.string(), z.number())),
  /** 1 once it has ended; its result is stored then. */
  over: z.number(),
});
export type UpgradeRow = z.infer<typeof upgradeRow>;

export const orderKinds = ['upgrade', 'rollback', 'cancel'] as const;

export const orderRow = z.object({
  id: z.string(),
  kind: z.enum(orderKinds),
  tenant: z.string(),
  host: z.string(),
  request: json(z.record(z.string(), z.unknown())),
  upgrade: z.string().nullable(),
  created_at: z.string(),
  expires_at: z.string(),
  offered_at: z.string().nullable(),
  accepted_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  error: json(z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() })).nullable(),
});
export type OrderRow = z.infer<typeof orderRow>;
