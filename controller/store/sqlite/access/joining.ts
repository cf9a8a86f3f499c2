// Join tokens and the keys of hosts.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import {
  keyStates,
  type Enrolment,
  type JoinStore,
  type KeyChange,
  type KeyState,
  type NewJoinToken,
  type Rotation,
  type StoredHostKey,
  type StoredJoinToken,
} from '../../joining.js';
import { unknownHost } from '../../unknown.js';
import { appendAudit } from './audit.js';
import type { Sql, StoreDatabase } from '../database/database.js';
import { pageOf } from '../page.js';
import { tellRevoked } from '../webhooks/tell_webhooks.js';

const list = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.string()));

const tokenRow = z.object({
  id: z.string(),
  hosts: list.nullable(),
  uses: z.number(),
  uses_left: z.number(),
  created_at: z.string(),
  created_by: z.string().nullable(),
  expires_at: z.string(),
  revoked_at: z.string().nullable(),
});

const keyRow = z.object({
  key: z.string(),
  host: z.string(),
  state: z.enum(keyStates),
  since: z.string(),
  why: z.string().nullable(),
  places: list,
});

/** Join tokens and keys over this database. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createJoinStore(database: StoreDatabase): JoinStore {
  const { read } = database;
  return {
    controllerId: () => String(read.get('SELECT id FROM controller')?.['id']),
    findKey: async (key) => findKey(read, key),
    enroll: (enrolment) => database.write((sql) => enroll(sql, enrolment)),
    rotate: (rotation) => database.write((sql) => rotate(sql, rotation)),
    quarantine: ({ key, places, at }) =>
      database.write((sql) => {
        const known = findKey(sql, key);
        if (known?.state !== 'active') return;
        changeKey(sql, key, { state: 'quarantined', at, places });
        noteChange(sql, { action: 'keys.quarantine', host: known.host, at, address: null, target: places.join(', ') });
      }),
    async revokeHost(host, audit) {
      const revoked = await database.write((sql) => {
        const row = sql.get(`SELECT * FROM host_keys WHERE host = ? AND state IN ('active', 'quarantined')`, [host]);
        if (row === undefined) return null;
        const key = keyRow.parse(row);
        changeKey(sql, key.key, { state: 'revoked', at: audit.at, why: audit.reason });
        tellRevoked(sql, host, audit.at);
        appendAudit(sql, audit);
        return { ...key, state: 'revoked' as const, since: audit.at, why: audit.reason };
      });
      if (revoked !== null) return revoked;
      const state = findKeyState(read, host);
      throw state === null ? unknownHost(host) : new AppError('not-found', `the key of ${host} is ${state} already`);
    },
    addToken: (token, audit) =>
      database.write((sql) => {
        insertToken(sql, token);
        appendAudit(sql, audit);
      }),
    async listTokens({ limit, cursor = '~' }) {
      const rows = read.all('SELECT * FROM join_tokens WHERE id < ? ORDER BY id DESC LIMIT ?', [cursor, limit + 1]);
      return pageOf(rows, { limit, key: 'id', of: toToken });
    },
    async revokeToken(id, audit) {
      const revoked = await database.write((sql) => {
        const row = sql.get('SELECT * FROM join_tokens WHERE id = ?', [id]);
        if (row === undefined || row['revoked_at'] !== null) return row ?? null;
        sql.run('UPDATE join_tokens SET revoked_at = ? WHERE id = ?', [audit.at, id]);
        appendAudit(sql, audit);
        return { ...row, revoked_at: audit.at };
      });
      if (revoked !== null) return toToken(revoked);
      throw new AppError('not-found', `there is no join token ${id}`, {
        hint: '`drover join-tokens list` lists them.',
      });
    },
  };
}

function toToken(row: Readonly<Record<string, unknown>>): StoredJoinToken {
  return tokenRow.parse(row);
}

function findKey(sql: Sql, key: string): StoredHostKey | null {
  const row = sql.get('SELECT * FROM host_keys WHERE key = ?', [key]);
  return row === undefined ? null : keyRow.parse(row);
}

/** Of the latest key of a host; null for a host of before keys. */
export function findKeyState(sql: Sql, host: string): KeyState | null {
  const row = sql.get('SELECT state FROM host_keys WHERE host = ? ORDER BY no DESC LIMIT 1', [host]);
  return row === undefined ? null : keyRow.shape.state.parse(row['state']);
}

const refuse = (refusal: string): KeyChange => ({ host: null, refusal });

function enroll(sql: Sql, { tokenHash, host, key, address, at }: Enrolment): KeyChange {
  const known = findKey(sql, key);
  if (known !== null && known.host !== host) return refuse('this key is the one of another host');
  if (known?.state === 'active') return { host, refusal: null };
  if (known !== null) return refuse(`this key was ${known.state} at ${known.since}`);
  const row = sql.get('SELECT * FROM join_tokens WHERE hash = ?', [tokenHash]);
  const token = row === undefined ? null : toToken(row);
  const refusal = refuseToken(token, { sql, host, at });
  if (refusal !== null || token === null) return refuse(refusal ?? '');
  sql.run('UPDATE join_tokens SET uses_left = uses_left - 1 WHERE id = ?', [token.id]);
  sql.run(`UPDATE host_keys SET state = 'replaced', since = ? WHERE host = ? AND state IN ('active', 'quarantined')`, [
    at,
    host,
  ]);
  sql.run('INSERT INTO hosts (host, first_seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING', [host, at]);
  insertKey(sql, { key, host, at, token: token.id });
  noteChange(sql, { action: 'hosts.enroll', host, at, address, target: token.id });
  return { host, refusal: null };
}

/** Why the token does not let this host in; null where it does. */
function refuseToken(
  token: StoredJoinToken | null,
  { sql, host, at }: { sql: Sql; host: string; at: string },
): string | null {
  if (token === null) return 'the join token is none of this controller';
  if (token.revoked_at !== null) return `the join token was revoked at ${token.revoked_at}`;
  if (token.expires_at <= at) return `the join token expired at ${token.expires_at}`;
  if (token.uses_left < 1) return 'the join token is used up';
  const { hosts } = token;
  if (hosts !== null && !hosts.some((pattern) => sql.get('SELECT ? GLOB ? AS does', [host, pattern])?.['does'] === 1)) {
    return `the join token is not for ${host}`;
  }
  // Otherwise whoever has any token, or another host's, could take the tenants of a host that is there.
  const isKnown = sql.get('SELECT 1 FROM host_keys WHERE host = ? LIMIT 1', [host]) !== undefined;
  const namesIt = hosts?.length === 1 && hosts[0] === host;
  if (isKnown && !namesIt) return `${host} has joined before: its new token must name just it`;
  return null;
}

function rotate(sql: Sql, { key, next, address, at }: Rotation): KeyChange {
  const known = findKey(sql, key);
  if (known === null) return refuse('this key is not known here');
  const { host, state, since } = known;
  const other = findKey(sql, next);
  if (other?.host === host && other.state === 'active' && state === 'replaced') return { host, refusal: null };
  if (state !== 'active') return refuse(`this key was ${state} at ${since}`);
  if (other !== null) return refuse('the next key was a key before');
  changeKey(sql, key, { state: 'replaced', at });
  insertKey(sql, { key: next, host, at, token: null });
  noteChange(sql, { action: 'hosts.rotate', host, at, address, target: null });
  return { host, refusal: null };
}

interface KeyEnd {
  state: StoredHostKey['state'];
  at: string;
  why?: string | null;
  places?: readonly string[];
}

function changeKey(sql: Sql, key: string, { state, at, why = null, places = [] }: KeyEnd): void {
  const values = [state, at, why, JSON.stringify(places), key];
  sql.run('UPDATE host_keys SET state = ?, since = ?, why = ?, places = ? WHERE key = ?', values);
}

interface NewKey {
  key: string;
  host: string;
  at: string;
  token: string | null;
}

function insertKey(sql: Sql, { key, host, at, token }: NewKey): void {
  const columns = 'key, host, state, since, enrolled_at, join_token';
  sql.run(`INSERT INTO host_keys (${columns}) VALUES (?1, ?2, 'active', ?3, ?3, ?4)`, [key, host, at, token]);
}

function insertToken(sql: Sql, token: NewJoinToken): void {
  const { id, hash, hosts, uses, created_at, created_by, expires_at } = token;
  sql.run(
    `INSERT INTO join_tokens (id, hash, hosts, uses, uses_left, created_at, created_by, expires_at)
      VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)`,
    [id, hash, hosts === null ? null : JSON.stringify(hosts), uses, created_at, created_by, expires_at],
  );
}

interface HostChange {
  action: string;
  host: string;
  at: string;
  address: string | null;
  target: string | null;
}

/** An entry of the audit log for what a host has done itself. */
function noteChange(sql: Sql, change: HostChange): void {
  appendAudit(sql, { ...change, token: null, name: `host ${change.host}`, reason: null, tenant: null });
}
