// Parses the rows of the database.
import { z } from 'zod';
import { errorBodySchema } from '../../../shared/model/error_body.js';
import { fit } from '../../../shared/model/fit.js';
import { hash, hostName, id, key, slug, tag, version } from '../../../shared/model/names.js';
import {
  hostFactsSchema,
  hostFiguresSchema,
  labelsSchema,
  problemsSchema,
  reportedTenantSchema,
  type ReportedTenant,
} from '../../../shared/model/report/report.js';
import { failureSchema, resultSchema, statuses, type Result } from '../../../shared/model/result.js';
import { text } from '../../../shared/model/text.js';
import { emptyResult } from '../empty_result.js';
import { keyStates } from '../joining.js';
import { orderSchema, type NewOrder, type Order } from '../order.js';
import type { StoredHost, StoredTenant, StoredUpgrade, StoredVersion } from '../stored.js';

/** A column that holds JSON. */
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
const flag = z.number().transform((value) => value === 1);

/** A name. One that is none today, from before names had rules, is shown changed: it must not hide the rows beside it. */
const named = (schema: z.ZodType<string>) =>
  z.string().transform((given) => (schema.safeParse(given).success ? given : changeName(given)));
/** The same of a name that a row can do without. */
const namedOrNull = (schema: z.ZodType<string>) =>
  z
    .string()
    .nullable()
    .transform((given) => (schema.safeParse(given).success ? given : null));
/** Text and lists that may be shortened. */
const fitting = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .unknown()
    .transform((value) => fit(schema, value))
    .pipe(schema);

/** Allowed in every kind of name. */
function changeName(given: string): string {
  return `x-${given
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, 60)}`;
}

/** Null for a host that the asker does not see. */
const otherHost = named(hostName).nullable();
const disputed = z.array(z.object({ slug: named(slug), host: otherHost }));

const hostRow = z.object({
  host: named(hostName),
  first_seen_at: z.string(),
  connected_at: z.string().nullable(),
  seen_at: z.string().nullable(),
  agent_version: named(version).nullable(),
  protocol_version: z.number().nullable(),
  clock_skew_ms: z.number().nullable(),
  facts: json(hostFactsSchema).nullable().catch(null),
  figures: json(hostFiguresSchema).nullable().catch(null),
  problems: json(fitting(problemsSchema)),
  tenants: json(z.array(named(slug))),
  missing: json(z.array(named(slug))),
  drifting: z.number(),
  claimed_of_it: json(disputed),
  claimed_by_it: json(disputed),
  host_key: json(
    z.object({
      state: z.enum(keyStates),
      since: z.string(),
      why: z.string().nullable(),
      places: z.array(z.string()),
    }),
  ).nullable(),
});

/** What an older controller stored may be over today's limits. It must not hide the other tenants. */
const unreadable: ReportedTenant = {
  slug: 'unreadable',
  version: null,
  commit: null,
  detected: false,
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
  slug: named(slug),
  host: named(hostName),
  host_key_state: z.enum(keyStates).nullable(),
  host_connected_at: z.string().nullable(),
  since: z.string(),
  missing_since: z.string().nullable(),
  reported_at: z.string().nullable(),
  report: json(reportedTenantSchema).catch(unreadable).nullable(),
  admin_labels: json(labelsSchema).catch({}),
  upgrade: namedOrNull(id),
  claimed_by: json(z.array(otherHost)),
  latest: json(
    z.object({
      received_at: z.string().nullable(),
      version: namedOrNull(tag),
      needs_operator: flag,
      failure: fitting(failureSchema.nullable()).catch(null),
    }),
  ).nullable(),
});

const versionRow = z.object({
  no: z.number(),
  at: z.string(),
  version: named(tag),
  commit_id: hash.nullable(),
  detected: flag,
  host: named(hostName).nullable(),
});

const upgradeRow = z.object({
  id: named(id),
  tenant: named(slug),
  host: named(hostName),
  status: z.enum(statuses),
  created_at: z.string(),
  previous_version: namedOrNull(tag),
  new_version: namedOrNull(tag),
  current_version: namedOrNull(tag),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  step: namedOrNull(key),
  message: fitting(text().nullable()),
  needs_operator: flag,
  items: z.number(),
  events: z.number(),
  is_over: flag,
  expires_at: z.string().nullable(),
  offered_at: z.string().nullable(),
  accepted_at: z.string().nullable(),
  is_cancelling: flag,
});

/** A version that is no tag today is offered changed: its host has no such tag, and its refusal ends the order. */
const orderBody = json(
  z.looseObject({ request: z.looseObject({ version: named(tag).nullable().optional() }).optional() }),
);

type Row = Readonly<Record<string, unknown>>;

/**
 * A row of `hosts`, with the slugs of its tenants as JSON in `tenants`. Its own problems name files of any tenant, and its
 * disks may be mounted in their folders: who sees some tenants only does not see them.
 */
export function toHost(row: Row, isPartly: boolean): StoredHost {
  const host = hostRow.parse(row);
  if (!isPartly) return host;
  const { figures, host_key: key } = host;
  return {
    ...host,
    problems: [],
    figures: figures === null ? null : { ...figures, disks: [] },
    host_key: key === null ? null : { ...key, why: null, places: [] },
  };
}

/** A row of `slugs` with its report, and the id of its open upgrade in `upgrade`. */
export function toTenant(row: Row): StoredTenant {
  const { since, missing_since, ...tenant } = tenantRow.parse(row);
  const { report, slug: own } = tenant;
  const reported_at = tenant.reported_at ?? missing_since ?? since;
  return { ...tenant, reported_at, report: report === null ? null : { ...report, slug: own } };
}

/** A row of `tenant_versions`; its host is null where it is not seen. */
export function toVersion(row: Row): StoredVersion {
  const { commit_id: commit, ...version } = versionRow.parse(row);
  return { ...version, commit };
}

/** A row of `upgrades`, joined with its own order and its open cancel. */
export function toUpgrade(row: Row): StoredUpgrade {
  const { is_over, is_cancelling, expires_at, offered_at, accepted_at, ...upgrade } = upgradeRow.parse(row);
  const order =
    expires_at === null ? null : { expires_at, isOffered: offered_at !== null, isAccepted: accepted_at !== null };
  return { ...upgrade, isOver: is_over, isCancelling: is_cancelling, order };
}

/** The stored result of an upgrade that is over; without what an older controller stored and this one cannot read. */
export function toResult(stored: unknown, upgrade: StoredUpgrade): Result {
  const parsed = json(fitting(resultSchema)).safeParse(stored);
  if (parsed.success) return parsed.data;
  const { previous_version, current_version, finished_at } = upgrade;
  const details = ['The stored result is not one that this controller can read; the log has all of it'];
  return { ...emptyResult(upgrade), previous_version, current_version, finished_at, details };
}

/** A row of `orders`: the fields of one kind are JSON in `body`. */
export function toOrder({ body, error, ...row }: Row): Order {
  const given: unknown = typeof error === 'string' ? fit(errorBodySchema, JSON.parse(error)) : null;
  return orderSchema.parse({ ...row, error: given, ...orderBody.parse(body) });
}

/** The column `body` of an order. */
export function bodyOf(order: NewOrder): string {
  switch (order.kind) {
    case 'upgrade':
      return JSON.stringify({
        request: order.request,
        plan_class: order.plan_class,
        rollout: order.rollout,
        key_hash: order.key_hash,
      });
    case 'rollback':
      return JSON.stringify({
        restore_database: order.restore_database,
        only: order.only,
        key_hash: order.key_hash,
      });
    case 'resume':
      return JSON.stringify({ accept: order.accept, key_hash: order.key_hash });
    case 'mark':
      return JSON.stringify({ mark: order.mark, key_hash: order.key_hash });
    default:
      return JSON.stringify({ force: order.force, unbegun: order.unbegun });
  }
}
