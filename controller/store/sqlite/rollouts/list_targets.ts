// A page of the targets of a rollout, with what lists show of each.
import { z } from 'zod';
import type { Selection } from '../../../../shared/selection/selection.js';
import { fit } from '../../../../shared/model/fit.js';
import { resultSchema } from '../../../../shared/model/result.js';
import type { Page } from '../../../../shared/wire/api.js';
import type { TargetsQuery } from '../../../../shared/wire/rollouts_api.js';
import type { StoredTarget, TargetDetail } from '../../rollouts.js';
import type { Sql } from '../database/database.js';
import { inScope } from '../selection_sql.js';
import type { FoldStored } from '../fold_stored.js';

interface Source {
  read: Sql;
  foldStored: FoldStored;
  /** Those of the rollout that the scope sees; all, or only these slugs. */
  readTargets: (slugs: readonly string[] | null) => readonly StoredTarget[];
}

/** In order of wave and slug; those of no wave come last. The cursor is `WAVE:SLUG` of the last one shown. */
export async function listTargets(
  source: Source,
  query: TargetsQuery,
  rollout: { id: string; scope: Selection | null },
): Promise<Page<StoredTarget & TargetDetail>> {
  const { limit, cursor, stage, outcome, wave } = query;
  const after = cursor === undefined ? null : placeOf(cursor);
  // How far a target is, is known only once all that there is of it is read.
  const slugs =
    stage === undefined && outcome === undefined ? findSlugs(source.read, { ...rollout, limit, wave, after }) : null;
  const rest = source
    .readTargets(slugs)
    .filter(
      (target) =>
        (stage === undefined || target.stage === stage) &&
        (outcome === undefined || target.outcome === outcome) &&
        (wave === undefined || target.wave === wave) &&
        (after === null || compare(after, target) < 0),
    )
    .toSorted(compare);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  const items: (StoredTarget & TargetDetail)[] = [];
  for (const target of shown) items.push({ ...target, ...(await readDetail(source, target)) });
  const next = rest.length > limit && last !== undefined ? `${last.wave ?? ''}:${last.slug}` : null;
  return { items, next };
}

interface PageOfWaves {
  id: string;
  scope: Selection | null;
  limit: number;
  wave: number | undefined;
  after: Place | null;
}

/** More than any wave. */
const noWave = 1_000_000;

/** The slugs of a page, and one more. */
function findSlugs(sql: Sql, { id, scope, limit, wave, after }: PageOfWaves): string[] {
  const seen = inScope(scope, 't.slug');
  const ofWave = wave === undefined ? '' : 'AND wave = ?';
  const rows = sql.all(
    `SELECT slug FROM rollout_targets t WHERE rollout = ? AND (coalesce(wave, ${noWave}), slug) > (?, ?) ${ofWave}
       AND ${seen.sql} ORDER BY coalesce(wave, ${noWave}), slug LIMIT ?`,
    [
      id,
      after === null ? -1 : (after.wave ?? noWave),
      after?.slug ?? '',
      ...(wave === undefined ? [] : [wave]),
      ...seen.values,
      limit + 1,
    ],
  );
  return rows.map(({ slug }) => String(slug));
}

type Place = Pick<StoredTarget, 'wave' | 'slug'>;

function placeOf(cursor: string): Place {
  const [wave = '', slug = ''] = cursor.split(':');
  return { wave: wave === '' ? null : Number(wave), slug };
}

/** Negative where `left` comes first. */
function compare(left: Place, right: Place): number {
  const waves = (left.wave ?? Infinity) - (right.wave ?? Infinity);
  if (left.wave !== right.wave && waves !== 0) return waves;
  return left.slug < right.slug ? -1 : left.slug > right.slug ? 1 : 0;
}

const detailRow = z.object({
  step: z.string().nullable(),
  message: z.string().nullable(),
  items: z.number(),
  new_version: z.string().nullable(),
  steps: z.string().nullable(),
  version: z.string().nullable(),
});
const stepsSchema = resultSchema.shape.steps;
const detailQuery = `SELECT u.step, u.message, coalesce(u.items, 0) AS items, u.new_version, json_extract(u.result, '$.steps') AS steps,
  (SELECT json_extract(report, '$.version') FROM tenants WHERE slug = ? AND host = ?) AS version
  FROM (SELECT 1) LEFT JOIN upgrades u ON u.id = ?`;

async function readDetail({ read, foldStored }: Source, target: StoredTarget) {
  const { slug, host, upgrade, stage } = target;
  const values = [slug, host, upgrade];
  const { items, new_version, steps, ...detail } = detailRow.parse(read.get(detailQuery, values));
  // A waived one may still run.
  const isRunning = (stage === 'running' || (stage === 'waived' && steps === null)) && upgrade !== null;
  const ended: unknown = steps === null ? [] : JSON.parse(steps);
  const begun = isRunning ? (await foldStored(upgrade, items)).read().steps : fit(stepsSchema, ended);
  return { ...detail, steps: stepsSchema.catch([]).parse(begun), upgrade_version: new_version };
}
