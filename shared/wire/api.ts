// The API's objects: one set of schemas for the routes, the client, the command line and the OpenAPI description.
import { z } from 'zod';
import { hostFactsSchema, reportedTenantSchema } from '../model/report.js';
import { resultSchema, statuses } from '../model/result.js';
import { remoteRequestSchema } from '../model/request.js';

export const apiPrefix = '/api/v1';

/** Where an upgrade's command is, beside what the upgrade itself has come to. */
export const deliveryStates = [
  /** Stored; the host is connected and has not answered yet. */
  'pending',
  /** Stored; the host is away. It is offered when the host comes back in time. */
  'offline',
  /** The host has it; its turn or its checks are pending. */
  'accepted',
  'running',
  /** The host had it, or may have had it, and is away now: it goes on there, and everything arrives later. */
  'unreachable',
  /** A cancel is stored, and the host has not answered it yet. */
  'cancelling',
  'ended',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

const delivery = z.object({
  state: z.enum(deliveryStates),
  /** When it was asked for, here or on its host. */
  created_at: z.string(),
  /** Until when it may still begin; null for one that was asked for on its host. */
  expires_at: z.string().nullable(),
  /** True when it was asked for here. */
  ordered: z.boolean(),
});

/** An upgrade's result, as its agent gives it, and where its command is. */
export const upgradeSchema = resultSchema.extend({ delivery });
export type Upgrade = z.infer<typeof upgradeSchema>;

/** A line of a list of upgrades. */
export const upgradeSummarySchema = upgradeSchema
  .pick({
    id: true,
    tenant: true,
    host: true,
    status: true,
    previous_version: true,
    new_version: true,
    current_version: true,
    started_at: true,
    finished_at: true,
  })
  .extend({
    /** What it is at, while it is under way. */
    step: z.string().nullable(),
    /** Why it did not succeed. */
    message: z.string().nullable(),
    needs_operator: z.boolean(),
    delivery,
  });
export type UpgradeSummary = z.infer<typeof upgradeSummarySchema>;

export const tenantSchema = reportedTenantSchema.extend({
  host: z.string(),
  host_state: z.enum(['connected', 'offline']),
  reported_at: z.string(),
  /** The upgrade that is pending or running, or null. */
  upgrade: z.string().nullable(),
});
export type Tenant = z.infer<typeof tenantSchema>;

export const hostSchema = z.object({
  host: z.string(),
  state: z.enum(['connected', 'offline']),
  agent_version: z.string(),
  protocol_version: z.number().int(),
  first_seen_at: z.string(),
  /** When it was last connected; null while it is. */
  seen_at: z.string().nullable(),
  connected_at: z.string(),
  /** The host's clock against the controller's, when it last connected; positive when it is ahead. */
  clock_skew_ms: z.number(),
  facts: hostFactsSchema.nullable(),
  tenants: z.array(z.string()),
  problems: z.array(z.object({ message: z.string(), hint: z.string().nullable() })),
});
export type HostView = z.infer<typeof hostSchema>;

/** One page of a list; `next` is the cursor of the page after it, or null. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('a whole number from 1 to 1000'),
  cursor: z.string().max(200).optional(),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

export const upgradesQuerySchema = pageQuerySchema.extend({
  tenant: z.string().max(64).optional(),
  host: z.string().max(255).optional(),
  status: z.enum(statuses).optional(),
});
export type UpgradesQuery = z.infer<typeof upgradesQuerySchema>;

const defaultStartWithinS = 3600;

export const planBodySchema = remoteRequestSchema;
export type PlanBody = z.infer<typeof planBodySchema>;

export const upgradeBodySchema = planBodySchema.extend({
  /** How many seconds it may take to begin, such as for a host that is away; after that it is refused. */
  start_within_s: z.number().int().min(1).max(604_800).default(defaultStartWithinS),
});
export type UpgradeBody = z.infer<typeof upgradeBodySchema>;

export const rollbackBodySchema = z.strictObject({ restore_database: z.boolean().default(false) });
export type RollbackBody = z.infer<typeof rollbackBodySchema>;

export const cancelBodySchema = z.strictObject({ force: z.boolean().default(false) });
export type CancelBody = z.infer<typeof cancelBodySchema>;

/** RFC 9457, with the error's code and its way out. `type` is `about:blank`: `code` tells the kinds apart. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string().nullable(),
});
export type Problem = z.infer<typeof problemSchema>;
