// Parses the rows of the database.
import { z } from 'zod';
import { hostFactsSchema, reportedTenantSchema, type ReportedTenant } from '../../../shared/model/report.js';
import { statuses } from '../../../shared/model/result.js';
import { orderSchema, type NewOrder, type Order } from '../order.js';
import type { StoredHost, StoredTenant, StoredUpgrade } from '../stored.js';

/** A column that holds JSON. */
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
const flag = z.number().transform((value) => value === 1);

const hostRow = z.object({
  host: z.string(),
  agent_version: z.string(),
  protocol_version: z.number(),
  first_seen_at: z.string(),
  connected_at: z.string(),
  seen_at: z.string(),
  clock_skew_ms: z.number(),
  facts: json(hostFactsSchema).nullable().catch(null),
  problems: json(z.array(z.object({ message: z.string(), hint: z.string().nullable() }))),
  tenants: json(z.array(z.string())),
});

/** What an older controller stored may be over today's limits. It must not hide the other tenants. */
const unreadable: ReportedTenant = {
  slug: 'unreadable',
  version: null,
  commit: null,
  head: null,
  drift: null,
  state: 'broken',
  hold: null,
  labels: {},
  problems: [
    { message: 'the stored report is not one that this controller can read', hint: 'Its next report replaces it.' },
  ],
};

const tenantRow = z.object({
  slug: z.string(),
  host: z.string(),
  reported_at: z.string(),
  report: json(reportedTenantSchema).catch(unreadable),
  upgrade: z.string().nullable(),
});

const upgradeRow = z.object({
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
  needs_operator: flag,
  items: z.number(),
  events: z.number(),
  is_over: flag,
  expires_at: z.string().nullable(),
  offered_at: z.string().nullable(),
  accepted_at: z.string().nullable(),
  is_cancelling: flag,
});

type Row = Readonly<Record<string, unknown>>;

/** A row of `hosts`, with the slugs of its tenants as JSON in `tenants`. */
export function toHost(row: Row): StoredHost {
  return hostRow.parse(row);
}

/** A row of `tenants`, with the id of its open upgrade in `upgrade`. */
export function toTenant(row: Row): StoredTenant {
  const tenant = tenantRow.parse(row);
  return { ...tenant, report: { ...tenant.report, slug: tenant.slug } };
}

/** A row of `upgrades`, joined with its own order and its open cancel. */
export function toUpgrade(row: Row): StoredUpgrade {
  const { is_over, is_cancelling, expires_at, offered_at, accepted_at, ...upgrade } = upgradeRow.parse(row);
  const order =
    expires_at === null ? null : { expires_at, isOffered: offered_at !== null, isAccepted: accepted_at !== null };
  return { ...upgrade, isOver: is_over, isCancelling: is_cancelling, order };
}

/** A row of `orders`: the fields of one kind are JSON in `body`. */
export function toOrder({ body, error, ...row }: Row): Order {
  const own: unknown = JSON.parse(String(body));
  const given: unknown = typeof error === 'string' ? JSON.parse(error) : null;
  return orderSchema.parse({ ...row, error: given, ...Object(own) });
}

/** The column `body` of an order. */
export function bodyOf(order: NewOrder): string {
  switch (order.kind) {
    case 'upgrade':
      return JSON.stringify({ request: order.request });
    case 'rollback':
      return JSON.stringify({ restore_database: order.restore_database });
    default:
      return JSON.stringify({ force: order.force });
  }
}
