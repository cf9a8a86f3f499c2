// Starts a rollout: finds its tenants, has them arranged into waves, and stores all of it.
import { AppError } from '../../../../shared/errors.js';
import type { Candidate, NewRollout, RolloutStore } from '../../rollouts.js';
import { appendAudit } from '../access/audit.js';
import type { Sql } from '../database/database.js';
import { addKey, findKeyed } from '../orders/keys.js';
import { always, selectSeen, selectTenants } from '../selection_sql.js';
import { matchesNothing } from './fleet_plans.js';
import { rolloutsChanged } from './note_upgrade.js';
import { tellRollout } from './tell_rollout.js';

type Options = Parameters<RolloutStore['start']>[1];

/** Stores it; or returns the rollout with the same key, or a refusal, and stores nothing. */
export function startRollout(
  sql: Sql,
  rollout: NewRollout,
  options: Options,
): { id: string; isNew: boolean } | AppError {
  const { arrange, isConnected, key, actor } = options;
  const before = key === null ? null : findKeyed(sql, key);
  if (before instanceof AppError) return before;
  if (before !== null) return { id: before, isNew: false };
  const { id, at } = rollout;
  const candidates = findCandidates(sql, rollout, isConnected);
  if (candidates.length === 0) return matchesNothing(rollout.where);
  const arranged = arrange(candidates);
  const waves = arranged.waves.flatMap(({ slugs }, no) => slugs.map((slug) => [slug, no] as const));
  const overlap = findOverlap(sql, new Map(waves).keys());
  if (overlap !== null) return overlap;
  insertRollout(sql, { rollout, arranged, by: actor.name });
  // Those in no wave are on the version already.
  const waveOf = new Map(waves);
  for (const { slug, host, plan_class } of candidates) {
    const wave = waveOf.get(slug) ?? null;
    const [isOpen, settled] = wave === null ? [0, 'skipped'] : [1, null];
    sql.run(
      `INSERT INTO rollout_targets (rollout, slug, host, wave, is_open, settled, plan_class) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      [id, slug, host, wave, isOpen, settled, plan_class],
    );
  }
  if (key !== null) addKey(sql, key, { id, at });
  appendAudit(sql, { ...actor, at, action: 'rollout.start', tenant: null, host: null, target: id });
  tellRollout(sql, id, { kind: 'rollout.started', at });
  sql.notify(rolloutsChanged);
  return { id, isNew: true };
}

/** The tenants that the selection selects, of those that the asker sees; with a plan only its own. In order of slug. */
function findCandidates(
  sql: Sql,
  { plan, selection, scope }: NewRollout,
  isConnected: (host: string) => boolean,
): Candidate[] {
  const selected = selection === null ? always : selectTenants(selection);
  const seen = selectSeen(scope);
  const planned = plan === null ? 'NULL' : 'planned_tenants.plan_class';
  const ofPlan = 'JOIN planned_tenants ON planned_tenants.plan = ? AND planned_tenants.slug = slugs.slug';
  const rows = sql.all(
    `SELECT slugs.slug, slugs.host, json_extract(tenants.report, '$.version') AS version, ${planned} AS plan_class
       FROM slugs ${plan === null ? '' : ofPlan}
       LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host
       WHERE slugs.missing_since IS NULL AND ${seen.sql} AND ${selected.sql} ORDER BY slugs.slug`,
    [...(plan === null ? [] : [plan]), ...seen.values, ...selected.values],
  );
  return rows.map(({ slug, host, version, plan_class }) => ({
    slug: String(slug),
    host: String(host),
    version: typeof version === 'string' ? version : null,
    plan_class: typeof plan_class === 'string' ? plan_class : null,
    is_connected: isConnected(String(host)),
  }));
}

/** AppError `overlap` where an open rollout has one of these tenants, or null. */
export function findOverlap(sql: Sql, slugs: Iterable<string>): AppError | null {
  const rows = sql.all(
    `SELECT t.slug, t.rollout FROM json_each(?) AS wanted CROSS JOIN rollout_targets t
       ON t.slug = wanted.value AND t.is_open = 1 LIMIT 1001`,
    [JSON.stringify([...slugs])],
  );
  const [first] = rows;
  if (first === undefined) return null;
  const others = rows.length - 1;
  const more =
    others === 0
      ? ''
      : `, and ${others >= 1000 ? 'more than 1000' : others} more of these tenants are in it or in others`;
  return new AppError('overlap', `${String(first['slug'])} is in the rollout ${String(first['rollout'])}${more}`, {
    hint: `Wait for its end, or \`drover rollout abort ${String(first['rollout'])}\`; or leave its tenants out of the selection.`,
    details: { tenant: String(first['slug']), rollout: String(first['rollout']) },
  });
}

interface Arranged {
  rollout: NewRollout;
  arranged: ReturnType<Options['arrange']>;
  by: string;
}

function insertRollout(sql: Sql, { rollout, arranged, by }: Arranged): void {
  const { id, version, commit, where, plan, settings, approved, at } = rollout;
  const waves = arranged.waves.map(({ name }, no) => ({
    no,
    name,
    opened_at: null,
    passed_at: null,
    approved_at: null,
  }));
  const columns = `id, version, target_commit, selection, plan, settings, state, since, budget, approved, canary_misses, waves,
    created_at, created_by`;
  sql.run(`INSERT INTO rollouts (${columns}) VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)`, [
    id,
    version,
    commit,
    where,
    plan,
    JSON.stringify(settings),
    at,
    arranged.budget,
    approved === null ? null : JSON.stringify(approved),
    JSON.stringify(arranged.canary_misses),
    JSON.stringify(waves),
    at,
    by,
  ]);
}
