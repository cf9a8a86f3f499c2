// Stores the next attempts of targets of a rollout, with one statement for each table: a wave may be a whole fleet.
import type { NewOrder } from '../../order.js';
import type { PlacedOrder, StepOptions, StoredRollout, StoredTarget } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { bodyOf } from '../rows.js';

/** A target whose host may begin its next attempt until then. */
export interface Start {
  target: StoredTarget;
  expires_at: string;
}

type UpgradeOrder = Extract<NewOrder, { kind: 'upgrade' }>;
/** Attempts whose orders differ in their ids and tenants only, by the numbers of their upgrades. */
interface Group {
  asked: Pick<UpgradeOrder, 'request' | 'plan_class' | 'rollout'>;
  isSent: boolean;
  expiresAt: string;
  upgrades: number[];
}

const insertUpgrades = `INSERT INTO upgrades (no, id, tenant, host, status, created_at, previous_version, new_version)
  SELECT ?2 + key, value ->> 0, value ->> 1, value ->> 2, 'queued', ?3, value ->> 3, ?4 FROM json_each(?1)`;
const insertAttempts = `INSERT INTO attempts (upgrade, rollout, attempt)
  SELECT ?2 + key, ?3, value FROM json_each(?1)`;
/** The upgrade is found by the index of open ones; SQLite would read all of the JSON for each target. */
const updateTargets = `UPDATE rollout_targets SET attempt = attempt + 1, ordered_at = ?3, is_withdrawn = 0,
    upgrade = (SELECT no FROM upgrades WHERE tenant = slug AND no >= ?2 AND status IN ('queued', 'running'))
  WHERE rollout = ?4 AND slug IN (SELECT value FROM json_each(?1))`;
const insertOrders = `INSERT INTO orders (id, kind, tenant, host, body, upgrade, created_at, expires_at, offered_at)
  SELECT upgrades.id, 'upgrade', tenant, host, ?2, upgrades.id, ?3, ?4, ?5 FROM json_each(?1) CROSS JOIN upgrades
  ON no = value`;

/** Each with its upgrade and its order; returns the orders that are to be sent. */
export function addAttempts(
  sql: Sql,
  rollout: StoredRollout,
  { starts, at, makeId, isOffered }: StepOptions & { starts: readonly Start[] },
): PlacedOrder[] {
  if (starts.length === 0) return [];
  // Nothing else is written meanwhile: the numbers that follow are free.
  const first = Number(sql.get('SELECT coalesce(max(no), 0) + 1 AS no FROM upgrades')?.['no']);
  const groups = createGroups(rollout);
  const placed: PlacedOrder[] = [];
  const rows: (string | null)[][] = [];
  for (const { target, expires_at } of starts) {
    const { slug: tenant, host, version: previous } = target;
    const id = makeId();
    const isSent = isOffered(host);
    const group = groups.find(target, { expiresAt: expires_at, isSent });
    group.upgrades.push(first + rows.length);
    rows.push([id, tenant, host, previous]);
    if (isSent) placed.push({ host, order: makeOrder({ id, tenant, host, at }, group) });
  }
  const attempts = starts.map(({ target }) => target.attempt + 1);
  const slugs = starts.map(({ target }) => target.slug);
  sql.run(insertUpgrades, [JSON.stringify(rows), first, at, rollout.version]);
  sql.run(insertAttempts, [JSON.stringify(attempts), first, rollout.id]);
  sql.run(updateTargets, [JSON.stringify(slugs), first, at, rollout.id]);
  for (const group of groups.all()) {
    const body = bodyOf(makeOrder({ id: '', tenant: '', host: '', at }, group));
    const { upgrades, expiresAt, isSent } = group;
    sql.run(insertOrders, [JSON.stringify(upgrades), body, at, expiresAt, isSent ? at : null]);
  }
  return placed;
}

interface About {
  id: string;
  tenant: string;
  host: string;
  at: string;
}

function makeOrder({ id, tenant, host, at }: About, { asked, expiresAt }: Group): UpgradeOrder & { host: string } {
  return { kind: 'upgrade', id, tenant, host, upgrade: id, created_at: at, expires_at: expiresAt, ...asked };
}

/** Finds the group of a target's next attempt, or makes it. */
function createGroups({ id, version, commit, approved }: StoredRollout) {
  const request = { version, force: false, allow_downgrade: false, from: null, commit };
  const known = new Map<string, Group>();
  const find = (
    { attempt: before, plan_class: own }: StoredTarget,
    { expiresAt, isSent }: Pick<Group, 'expiresAt' | 'isSent'>,
  ) => {
    // A tenant whose plan nobody knows gets an approved class: its host answers with its own where that is another.
    const planClass = approved === null ? null : (own ?? approved[0] ?? null);
    const alike = `${before} ${planClass} ${expiresAt} ${isSent}`;
    const found = known.get(alike);
    if (found !== undefined) return found;
    const plan = planClass === null ? {} : { plan_class: planClass };
    const asked = { request, ...plan, rollout: { id, attempt: before + 1 } };
    const made: Group = { asked, expiresAt, isSent, upgrades: [] };
    known.set(alike, made);
    return made;
  };
  return { find, all: () => known.values() };
}
