// What admins do with the slugs of tenants: move one to another host, label it, forget it.
import { AppError } from '../../../shared/errors.js';
import { sharedLimits } from '../../../shared/limits.js';
import { toErrorBody } from '../../../shared/model/error_body.js';
import { refusalFailure } from '../../../shared/model/result.js';
import { labelsSchema, reportedTenantSchema } from '../../../shared/model/report/report.js';
import type { LabelChange, SlugChange, SlugStore } from '../port.js';
import { unknownHost, unknownTenant } from '../unknown.js';
import { appendAudit } from './access/audit.js';
import { findKeyState } from './access/joining.js';
import type { Sql, StoreDatabase } from './database/database.js';
import { endOrder, endUnbegun } from './orders/orders.js';
import { findHostOf } from './hosts.js';
import { rolloutsChanged, waiveForgotten, withdrawAttempt } from './rollouts/note_upgrade.js';
import { noteVersion } from './tenant_versions.js';
import { findOpen } from './upgrades.js';

/** Slugs over this database. */
export function createSlugStore(database: StoreDatabase): SlugStore {
  /** The transaction returns a refusal: a throw would roll the other writes back. */
  async function write(work: (sql: Sql) => AppError | null): Promise<void> {
    const refusal = await database.write(work);
    if (refusal !== null) throw refusal;
  }
  return {
    move: (slug, host, change) => write((sql) => moveSlug(sql, { slug, host }, change)),
    label: (slug, labels, change) => write((sql) => labelSlug(sql, { slug, ...labels }, change)),
    forget: (slug, change) => write((sql) => forgetSlug(sql, slug, change)),
  };
}

function moveSlug(
  sql: Sql,
  { slug, host }: { slug: string; host: string },
  { at, actor }: SlugChange,
): AppError | null {
  const from = findHostOf(sql, slug);
  if (from === null) return unknownTenant(slug);
  if (from === host) return new AppError('nothing-to-do', `${slug} belongs to ${host} already`);
  if (sql.get('SELECT 1 FROM hosts WHERE host = ?', [host]) === undefined) {
    return unknownHost(host);
  }
  const open = explainOpen(sql, { slug, host: from });
  if (open !== null && findKeyState(sql, from) !== 'revoked') return open;
  // A host that is revoked never answers; should it join again, it is not to do these.
  if (open !== null) endOpen(sql, { slug, host: from, at });
  const report = findReport(sql, slug, host);
  sql.run('UPDATE slugs SET host = ?, since = ?, missing_since = ? WHERE slug = ?', [
    host,
    at,
    report === null ? at : null,
    slug,
  ]);
  sql.run('UPDATE tenants SET held_by = iif(host = ?1, NULL, ?1) WHERE slug = ?2', [host, slug]);
  if (report !== null) noteVersion(sql, { host, at, tenant: reportedTenantSchema.parse(JSON.parse(report)) });
  appendAudit(sql, { ...actor, at, action: 'tenants.move', tenant: slug, host, target: from });
  // Its target is on the new host from now on.
  sql.notify(rolloutsChanged);
  return null;
}

/** AppError `busy` while the host has something to do for the tenant. */
function explainOpen(sql: Sql, { slug, host }: { slug: string; host: string }): AppError | null {
  const upgrade = findOpen(sql, { tenant: slug, host });
  if (upgrade !== null) {
    return new AppError('busy', `${slug} has an upgrade on ${host} that has not ended (${upgrade.id})`, {
      hint: `Wait for its end (\`drover logs ${upgrade.id} --follow\`), or end it: \`drover cancel ${upgrade.id}\`.`,
    });
  }
  const order = sql.get('SELECT id, kind FROM orders WHERE host = ? AND tenant = ? AND ended_at IS NULL', [host, slug]);
  if (order === undefined) return null;
  return new AppError('busy', `${host} has not answered a ${String(order['kind'])} of ${slug} yet`, {
    hint: 'Try again once it has; `drover hosts` shows whether it is connected.',
  });
}

/** Ends the open orders of a tenant at a host that has lost it, and its upgrades that have not begun there. */
function endOpen(sql: Sql, { slug, host, at }: { slug: string; host: string; at: string }): void {
  // Who sees the tenant may not see both hosts.
  const error = new AppError('forbidden', `${slug} was moved to another host`);
  const orders = sql.all('SELECT id, kind FROM orders WHERE host = ? AND tenant = ? AND ended_at IS NULL', [
    host,
    slug,
  ]);
  for (const { id, kind } of orders) {
    const failure = refusalFailure(toErrorBody(error));
    // A rollout starts its tenant again, on the new host.
    if (kind === 'upgrade' && withdrawAttempt(sql, String(id))) {
      endUnbegun(sql, String(id), { status: 'cancelled', at, failure: null });
    } else if (kind === 'upgrade') endUnbegun(sql, String(id), { status: 'refused', at, failure });
    endOrder(sql, String(id), { at, upgrade: null, error: toErrorBody(error) });
  }
}

function findReport(sql: Sql, slug: string, host: string): string | null {
  const row = sql.get('SELECT report FROM tenants WHERE slug = ? AND host = ?', [slug, host]);
  return row === undefined ? null : String(row['report']);
}

function labelSlug(
  sql: Sql,
  { slug, set, remove }: LabelChange & { slug: string },
  { at, actor }: SlugChange,
): AppError | null {
  const row = sql.get('SELECT host, labels FROM slugs WHERE slug = ?', [slug]);
  if (row === undefined) return unknownTenant(slug);
  const before = labelsSchema.parse(JSON.parse(String(row['labels'])));
  const kept = Object.entries({ ...before, ...set }).filter(([name]) => !remove.includes(name));
  if (kept.length > sharedLimits.labels.max) {
    return new AppError('invalid', `${slug} would have ${kept.length} labels; at most ${sharedLimits.labels.max}`, {
      hint: 'Remove those that nobody selects by.',
    });
  }
  const labels = JSON.stringify(Object.fromEntries(kept.toSorted(([left], [right]) => (left < right ? -1 : 1))));
  if (labels === row['labels']) return null;
  sql.run('UPDATE slugs SET labels = ? WHERE slug = ?', [labels, slug]);
  const host = String(row['host']);
  appendAudit(sql, { ...actor, at, action: 'tenants.label', tenant: slug, host, target: showChange({ set, remove }) });
  return null;
}

/** `ring=canary, -region`, as short as a target is. */
function showChange({ set, remove }: LabelChange): string {
  const words = [
    ...Object.entries(set).map(([name, value]) => `${name}=${value}`),
    ...remove.map((name) => `-${name}`),
  ];
  return words.join(', ').slice(0, sharedLimits.text.max);
}

function forgetSlug(sql: Sql, slug: string, { at, actor }: SlugChange): AppError | null {
  const host = findHostOf(sql, slug);
  if (host === null) return unknownTenant(slug);
  if (findReport(sql, slug, host) !== null) {
    return new AppError('busy', `${host} reports ${slug}`, {
      hint: `Remove its tenant file on ${host} first; it is \`missing\` then.`,
    });
  }
  const other = sql.get('SELECT host FROM tenants WHERE slug = ?', [slug]);
  if (other !== undefined) {
    const claimant = String(other['host']);
    return new AppError('busy', `${claimant} reports ${slug}, too`, {
      hint: `\`drover tenants move ${slug} ${claimant}\` gives it to that host.`,
    });
  }
  const open = explainOpen(sql, { slug, host });
  if (open !== null) return open;
  sql.run('DELETE FROM slugs WHERE slug = ?', [slug]);
  sql.run('DELETE FROM tenant_versions WHERE slug = ?', [slug]);
  waiveForgotten(sql, slug);
  appendAudit(sql, { ...actor, at, action: 'tenants.forget', tenant: slug, host, target: null });
  return null;
}
