// A page of the targets of a rollout, with what lists show of each.
import { z } from 'zod';
import { fit } from '../../../../shared/model/fit.js';
import { resultSchema } from '../../../../shared/model/result.js';
import type { Page } from '../../../../shared/wire/api.js';
import type { TargetsQuery } from '../../../../shared/wire/rollouts_api.js';
import type { StoredTarget, TargetDetail } from '../../rollouts.js';
import type { Sql } from '../database.js';
import type { FoldStored } from '../fold_stored.js';

interface Source {
  read: Sql;
  foldStored: FoldStored;
}

/** In order of wave and slug; those of no wave come last. The cursor is `WAVE:SLUG` of the last one shown. */
export async function listTargets(
  source: Source,
  targets: readonly StoredTarget[],
  { limit, cursor, stage, outcome, wave }: TargetsQuery,
): Promise<Page<StoredTarget & TargetDetail>> {
  const after = cursor === undefined ? null : placeOf(cursor);
  const rest = targets
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
const query = `SELECT u.step, u.message, coalesce(u.items, 0) AS items, u.new_version, json_extract(u.result, '$.steps') AS steps,
  (SELECT json_extract(report, '$.version') FROM tenants WHERE slug = ? AND host = ?) AS version
  FROM (SELECT 1) LEFT JOIN upgrades u ON u.id = ?`;

async function readDetail({ read, foldStored }: Source, target: StoredTarget) {
  const { slug, host, upgrade, stage } = target;
  const values = [slug, host, upgrade];
  const { items, new_version, steps, ...detail } = detailRow.parse(read.get(query, values));
  const isRunning = stage === 'running' && upgrade !== null;
  const ended: unknown = steps === null ? [] : JSON.parse(steps);
  const begun = isRunning ? (await foldStored(upgrade, items)).read().steps : fit(stepsSchema, ended);
  return { ...detail, steps: stepsSchema.catch([]).parse(begun), upgrade_version: new_version };
}
