// The API's objects: one set of schemas for the routes, the client, the command line and the OpenAPI description.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { markSchema, type Mark } from '../model/mark.js';
import { errorCode, hostName, id, labelName, selectionText, slug, time, version } from '../model/names.js';
import {
  allLabelsSchema,
  hostFactsSchema,
  hostFiguresSchema,
  labelsSchema,
  problemsSchema,
  reportedTenantSchema,
  tenantStates,
} from '../model/report/report.js';
import { resultSchema, statuses } from '../model/result.js';
import { upgradeRequestSchema } from '../model/request.js';
import { upgradeOutlineSchema } from '../model/upgrade_outline.js';
import { fields } from '../selection/selection.js';
import { tenantVersionSchema, type TenantVersion } from '../model/report/tenant_version.js';
import { text, wholeList } from '../model/text.js';

export { tenantVersionSchema, type TenantVersion };

export const apiPrefix = '/api/v1';

/** Outside the prefix, and open to everyone. */
export const healthPath = '/healthz';
export const healthSchema = z.object({ status: z.literal('ok'), version });

/** The state of an upgrade's order, apart from the status of the upgrade itself. */
export const deliveryStates = [
  /** Stored; the host is connected, and has not said since then that it has it. */
  'pending',
  /** Stored; the host is offline, and has not confirmed it. The controller offers it when the host connects. */
  'offline',
  /** The host has it, and it waits for its turn there. */
  'queued',
  /** The host has it, and makes its plan. */
  'checking',
  'running',
  /** The host has confirmed that it has it, and is offline. How far it is, only the host knows; its stream arrives later. */
  'unreachable',
  /** A cancel is stored, and the host has not answered it yet. */
  'cancelling',
  'ended',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

const delivery = z.object({
  state: z.enum(deliveryStates),
  /** When it was ordered, here or on its host. */
  created_at: time,
  /** It may begin until then; null if it was ordered on its host. */
  expires_at: time.nullable(),
  /** True when it was ordered here. */
  ordered: z.boolean(),
});

/** An upgrade's result, and the state of its order. */
export const upgradeSchema = resultSchema.extend({ delivery });
export type Upgrade = z.infer<typeof upgradeSchema>;

/** A line of a list of upgrades. */
export const upgradeSummarySchema = upgradeOutlineSchema.extend({ delivery });
export type UpgradeSummary = z.infer<typeof upgradeSummarySchema>;

/** What a host is now. */
export const hostStates = [
  'connected',
  'offline',
  /** It has joined and never connected: its agent was not started. */
  'joined',
  /** Its key is refused. */
  'revoked',
  'quarantined',
] as const;
export type HostState = (typeof hostStates)[number];

export const tenantSchema = reportedTenantSchema.extend({
  /** `missing`: it belongs to a host that does not report it. */
  state: z.enum([...tenantStates, 'missing']),
  /** With those that admins have set, which come before those of the host. */
  labels: allLabelsSchema,
  admin_labels: labelsSchema,
  host: hostName,
  host_state: z.enum(hostStates),
  /** When its host last reported a change of it, or since when it is missing. */
  reported_at: time,
  /** The queued or running upgrade, or null. */
  upgrade: id.nullable(),
});
export type Tenant = z.infer<typeof tenantSchema>;

export const hostSchema = z.object({
  /** Whether its key is accepted; null for a host that connected before hosts had keys. */
  key_state: z.enum(['active', 'replaced', 'revoked', 'quarantined']).nullable(),
  host: hostName,
  state: z.enum(hostStates),
  /** When it joined. */
  first_seen_at: time,
  /** When it last connected; null, as are the next three, while it never has. */
  connected_at: time.nullable(),
  agent_version: version.nullable(),
  protocol_version: z.number().int().nullable(),
  /** The host's clock against the controller's, when it last connected; positive when it is ahead. */
  clock_skew_ms: z.number().nullable(),
  /** When it was last connected; null while it is connected, or never was. */
  seen_at: time.nullable(),
  facts: hostFactsSchema.nullable(),
  /** Some minutes old at most while it is connected. A token with a scope is told of no disk but the agent's own. */
  figures: hostFiguresSchema.nullable(),
  tenants: wholeList(slug, limits.ownTenants),
  /** How many of them have a work tree that was moved by hand, and how many it does not report. */
  drifting: z.number().int(),
  missing: z.number().int(),
  problems: problemsSchema,
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

/** The name of the last item of a page, as it is stored: names of before may be none today. */
const cursor = z
  .string()
  .max(limits.hostName.max)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, { error: 'must be the `next` of the page before' });

export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('a whole number from 1 to 1000'),
  cursor: cursor.optional(),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

export const tenantsQuerySchema = pageQuerySchema.extend({
  where: selectionText.optional().describe('a selection, such as `ring=canary & version<v0.4.0 | slug~acme-*`'),
});
export type TenantsQuery = z.infer<typeof tenantsQuerySchema>;

export const upgradesQuerySchema = pageQuerySchema.extend({
  tenant: slug.optional(),
  host: hostName.optional(),
  status: z.enum(statuses).optional(),
});
export type UpgradesQuery = z.infer<typeof upgradesQuerySchema>;

const defaultStartWithinS = 3600;

export const planBodySchema = upgradeRequestSchema;
export type PlanBody = z.infer<typeof planBodySchema>;

export const upgradeBodySchema = planBodySchema.extend({
  /** It must begin within this many seconds, even if its host is offline; after that it is refused. */
  start_within_s: z.number().int().min(1).max(604_800).default(defaultStartWithinS),
});
export type UpgradeBody = z.infer<typeof upgradeBodySchema>;

export const rollbackBodySchema = z.strictObject({ restore_database: z.boolean().default(false) });
export type RollbackBody = z.infer<typeof rollbackBodySchema>;

export const cancelBodySchema = z.strictObject({ force: z.boolean().default(false) });
export type CancelBody = z.infer<typeof cancelBodySchema>;

export const resumeBodySchema = z.strictObject({
  /** Leaves the tenant as it is, and allows its next upgrade. */
  accept: z.boolean().default(false),
});
export type ResumeBody = z.infer<typeof resumeBodySchema>;

export const markBodySchema = markSchema;
export type MarkBody = Mark;

export const moveBodySchema = z.strictObject({ host: hostName.describe('the host that gets the tenant') });
export type MoveBody = z.infer<typeof moveBodySchema>;

/** A label of such a name could not be selected: the name is that of a field. */
const adminLabelName = labelName.refine((name) => !fields.some((field) => field === name), {
  error: `must not be ${fields.join(', ')}: selections compare these themselves`,
});
export const labelsBodySchema = z.strictObject({
  set: z
    .record(adminLabelName, text(limits.labelValue))
    .refine((labels) => Object.keys(labels).length <= limits.labels.max, {
      error: `must be at most ${limits.labels.max} labels`,
    })
    .default({}),
  remove: z.array(labelName).max(limits.labels.max).default([]).describe('names of labels that admins have set'),
});
export type LabelsBody = z.infer<typeof labelsBodySchema>;

export const forgottenSchema = z.object({ slug });

/** RFC 9457, with the error's code and hint. `type` is always `about:blank`: `code` names the kind of problem. */
export const problemSchema = z.object({
  type: text(),
  title: text(),
  status: z.number().int(),
  detail: text(),
  code: errorCode,
  hint: text().nullable(),
});
export type Problem = z.infer<typeof problemSchema>;
