// Freezes: while one is active, none of its tenants is started.
import { AppError } from '../../../../shared/errors.js';
import { sharedLimits } from '../../../../shared/limits.js';
import type { Selection } from '../../../../shared/selection/selection.js';
import type { Page } from '../../../../shared/wire/api.js';
import type { FreezeStore, StoredFreeze } from '../../freezes.js';
import { appendAudit } from '../access/audit.js';
import { unknownTenant } from '../../unknown.js';
import type { Sql, StoreDatabase } from '../database/database.js';
import { endFrozen } from '../orders/orders.js';
import { inScope, selectSeen } from '../selection_sql.js';
import { isOpen, selectFrozen, toFreeze } from './find_freeze.js';
import { rolloutsChanged } from './note_upgrade.js';

/** Freezes over this database. Transactions return refusals: a throw would roll the other writes back. */
export function createFreezeStore(database: StoreDatabase): FreezeStore {
  async function write<T>(work: (sql: Sql) => T | AppError): Promise<T> {
    const done = await database.write(work);
    if (done instanceof AppError) throw done;
    return done;
  }
  return {
    add: (freeze, actor) => write((sql) => addFreeze(sql, freeze, actor)),
    list: async (query, scope) => listFreezes(database.read, query, scope),
    end: (name, change) => write((sql) => endFreeze(sql, name, change)),
    except: (name, tenants, change) => write((sql) => exceptTenants(sql, { name, tenants }, change)),
  };
}

type Stored = StoredFreeze & { no: number };
type Change = Parameters<FreezeStore['end']>[1];

const withoutNo = ({ no: _no, ...freeze }: Stored): StoredFreeze => freeze;

function findOpen(sql: Sql, name: string, at: string): Stored | null {
  const row = sql.get(`SELECT * FROM freezes WHERE ${isOpen} AND name = ?`, [at, name]);
  return row === undefined ? null : toFreeze(row);
}

function addFreeze(sql: Sql, freeze: Parameters<FreezeStore['add']>[0], actor: Parameters<FreezeStore['add']>[1]) {
  const { name, where, begins_at, ends_at, zone, created_at: at, created_by, why } = freeze;
  if (findOpen(sql, name, at) !== null) {
    return new AppError('busy', `there is a freeze ${name} already`, {
      hint: `End it first (\`drover freeze end ${name}\`), or choose another name.`,
    });
  }
  sql.run(
    `INSERT INTO freezes (name, selection, begins_at, ends_at, zone, created_at, created_by, why)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [name, where, begins_at, ends_at, zone, at, created_by, why],
  );
  appendAudit(sql, { ...actor, at, action: 'freeze.start', tenant: null, host: null, target: name });
  endFrozen(sql, { at, host: null });
  sql.notify(rolloutsChanged);
  return undefined;
}

/** A planned one never begins. */
function endFreeze(sql: Sql, name: string, { at, actor }: Change): StoredFreeze | AppError {
  const freeze = findOpen(sql, name, at);
  if (freeze === null) return unknownFreeze(name);
  sql.run('UPDATE freezes SET ends_at = ? WHERE no = ?', [at, freeze.no]);
  appendAudit(sql, { ...actor, at, action: 'freeze.end', tenant: null, host: null, target: name });
  sql.notify(rolloutsChanged);
  return { ...withoutNo(freeze), ends_at: at };
}

/** A tenant that is excepted already keeps who excepted it, and why. */
function exceptTenants(
  sql: Sql,
  { name, tenants }: { name: string; tenants: readonly string[] },
  { at, actor }: Change,
): StoredFreeze | AppError {
  const freeze = findOpen(sql, name, at);
  if (freeze === null) return unknownFreeze(name);
  const unknown = findUnknown(sql, tenants);
  if (unknown !== null) return unknownTenant(unknown);
  const known = new Set(freeze.exceptions.map(({ slug }) => slug));
  const added = [...new Set(tenants)].filter((slug) => !known.has(slug));
  const { max } = sharedLimits.namedTenants;
  if (freeze.exceptions.length + added.length > max) {
    return new AppError('invalid', `the freeze ${name} would have more than ${max} exceptions`, {
      hint: `End it (\`drover freeze end ${name}\`), and freeze a selection without these tenants.`,
    });
  }
  const exceptions = [
    ...freeze.exceptions,
    ...added.map((slug) => ({ slug, by: actor.name, why: actor.reason ?? '', at })),
  ];
  sql.run('UPDATE freezes SET exceptions = ? WHERE no = ?', [JSON.stringify(exceptions), freeze.no]);
  for (const slug of added) {
    appendAudit(sql, { ...actor, at, action: 'freeze.except', tenant: slug, host: null, target: name });
  }
  sql.notify(rolloutsChanged);
  return { ...withoutNo(freeze), exceptions };
}

/** The first of these slugs that no tenant has, or null. */
function findUnknown(sql: Sql, slugs: readonly string[]): string | null {
  const missing = 'NOT EXISTS (SELECT 1 FROM slugs WHERE slug = wanted.value)';
  const row = sql.get(`SELECT value AS slug FROM json_each(?) AS wanted WHERE ${missing} LIMIT 1`, [
    JSON.stringify(slugs),
  ]);
  return row === undefined ? null : String(row['slug']);
}

/** AppError `unknown-freeze`, for a name that no freeze has which has not ended. */
function unknownFreeze(name: string): AppError {
  return new AppError('unknown-freeze', `there is no freeze ${name} that has not ended`, {
    hint: '`drover freeze list` lists them.',
  });
}

/** The newest first; the cursor is the number of the last one shown. A scope sees those of its tenants, and their exceptions. */
function listFreezes(
  sql: Sql,
  { limit, cursor }: Parameters<FreezeStore['list']>[0],
  scope: Selection | null,
): Page<StoredFreeze> {
  const items: Stored[] = [];
  let before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  // A freeze is read whole before it is known whether it is seen.
  for (;;) {
    const rows = sql.all('SELECT * FROM freezes WHERE no < ? ORDER BY no DESC LIMIT ?', [before, limit + 1]);
    const read = rows.map(toFreeze);
    items.push(...read.filter((freeze) => isSeen(sql, freeze, scope)));
    if (read.length <= limit || items.length > limit) break;
    before = read.at(-1)?.no ?? 0;
  }
  const shown = items.slice(0, limit);
  const next = items.length > limit ? String(shown.at(-1)?.no) : null;
  return { items: shown.map((freeze) => showFreeze(sql, withoutNo(freeze), scope)), next };
}

function isSeen(sql: Sql, freeze: StoredFreeze, scope: Selection | null): boolean {
  if (scope === null) return true;
  const [seen, selected] = [selectSeen(scope), selectFrozen(freeze)];
  const query = `SELECT 1 FROM slugs LEFT JOIN tenants ON tenants.slug = slugs.slug AND tenants.host = slugs.host
    WHERE ${seen.sql} AND ${selected.sql} LIMIT 1`;
  return sql.get(query, [...seen.values, ...selected.values]) !== undefined;
}

function showFreeze(sql: Sql, freeze: StoredFreeze, scope: Selection | null): StoredFreeze {
  if (scope === null) return freeze;
  const seen = inScope(scope, 'wanted.value');
  const rows = sql.all(`SELECT value AS slug FROM json_each(?) AS wanted WHERE ${seen.sql}`, [
    JSON.stringify(freeze.exceptions.map(({ slug }) => slug)),
    ...seen.values,
  ]);
  const slugs = new Set(rows.map(({ slug }) => slug));
  return { ...freeze, exceptions: freeze.exceptions.filter(({ slug }) => slugs.has(slug)) };
}
