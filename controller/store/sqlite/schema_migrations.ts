// The database's schema, as migrations. Each runs once, in order.
import { AppError } from '../../../shared/errors.js';
import { joinedHosts } from './schema/joined_hosts.js';
import { rolloutTables } from './schema/rollouts.js';
import { oldSecrets, webhooks } from './schema/webhooks.js';
import { reportedTenants } from './schema/reported_tenants.js';

const steps: readonly string[] = [
  `CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    agent_version TEXT NOT NULL,
    protocol_version INTEGER NOT NULL,
    first_seen_at TEXT NOT NULL,
    connected_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    clock_skew_ms INTEGER NOT NULL,
    facts TEXT,
    problems TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  -- A tenant as its host reported it last.
  CREATE TABLE tenants (
    slug TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    reported_at TEXT NOT NULL,
    report TEXT NOT NULL
  ) STRICT;
  CREATE INDEX tenants_of_host ON tenants (host, slug);
  -- Ids are UUIDv7, so that their order is that of time.
  CREATE TABLE upgrades (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    host TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    previous_version TEXT,
    new_version TEXT,
    current_version TEXT,
    started_at TEXT,
    finished_at TEXT,
    step TEXT,
    message TEXT,
    needs_operator INTEGER NOT NULL DEFAULT 0,
    -- How far its stream is stored: items, events among them, and bytes of each output that has not ended.
    items INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    outputs TEXT NOT NULL DEFAULT '{}',
    -- Once it has ended: its result, which outlives the stream.
    result TEXT
  ) STRICT;
  CREATE INDEX upgrades_of_tenant ON upgrades (tenant, id);
  CREATE INDEX upgrades_of_host ON upgrades (host, id);
  CREATE INDEX upgrades_open ON upgrades (tenant) WHERE status IN ('queued', 'running');
  CREATE INDEX upgrades_by_status ON upgrades (status, id);
  CREATE TABLE stream_items (
    upgrade INTEGER NOT NULL REFERENCES upgrades (no),
    seq INTEGER NOT NULL,
    -- Of a piece of output: its command, and the bytes that it was there. Null for an event.
    key TEXT,
    at INTEGER,
    next INTEGER,
    -- The event as JSON, or the output's text. Last, so that what is before it is read without it.
    body TEXT NOT NULL,
    PRIMARY KEY (upgrade, seq)
  ) STRICT, WITHOUT ROWID;
  -- Offered to the host until it has answered.
  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('upgrade', 'rollback', 'cancel')),
    tenant TEXT NOT NULL,
    host TEXT NOT NULL,
    -- What only its kind has, as JSON.
    body TEXT NOT NULL,
    -- The upgrade that it makes or concerns, once that is known.
    upgrade TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    -- When it may first have reached the host.
    offered_at TEXT,
    -- When the host said that it has it.
    accepted_at TEXT,
    ended_at TEXT,
    error TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX orders_open ON orders (host, id) WHERE ended_at IS NULL;
  -- The order that makes an upgrade has its id, and is found by that.
  CREATE INDEX orders_about ON orders (upgrade) WHERE ended_at IS NULL AND kind <> 'upgrade';
  -- Idempotency keys, with the requests that they belong to.
  CREATE TABLE keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    order_id TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;`,
  // Of an upgrade whose stream is kept and has ended: when its end was received here, by this clock. Null for others.
  `ALTER TABLE upgrades ADD COLUMN received_at TEXT;
  UPDATE upgrades SET received_at = min(finished_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    WHERE finished_at IS NOT NULL AND EXISTS (SELECT 1 FROM stream_items WHERE upgrade = no);
  CREATE INDEX upgrades_received ON upgrades (received_at) WHERE received_at IS NOT NULL;`,
  // How much is stored of an upgrade and of a host, for their limits.
  `ALTER TABLE upgrades ADD COLUMN event_bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE upgrades ADD COLUMN output_bytes INTEGER NOT NULL DEFAULT 0;
  -- 1 where its journal was larger than the limit: the rest is not asked for.
  ALTER TABLE upgrades ADD COLUMN is_cut INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE hosts ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX keys_by_age ON keys (at);`,
  // More kinds of orders: the code knows which.
  `ALTER TABLE orders RENAME TO old_orders;
  DROP INDEX orders_open;
  DROP INDEX orders_about;
  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    host TEXT NOT NULL,
    -- What only its kind has, as JSON.
    body TEXT NOT NULL,
    -- The upgrade that it makes or concerns, once that is known.
    upgrade TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    -- When it may first have reached the host.
    offered_at TEXT,
    -- When the host said that it has it.
    accepted_at TEXT,
    ended_at TEXT,
    error TEXT
  ) STRICT, WITHOUT ROWID;
  INSERT INTO orders SELECT * FROM old_orders;
  DROP TABLE old_orders;
  CREATE INDEX orders_open ON orders (host, id) WHERE ended_at IS NULL;
  -- The order that makes an upgrade has its id, and is found by that.
  CREATE INDEX orders_about ON orders (upgrade) WHERE ended_at IS NULL AND kind <> 'upgrade';
  -- Orders that no host may have yet, for their expiry.
  CREATE INDEX orders_unoffered ON orders (expires_at) WHERE ended_at IS NULL AND offered_at IS NULL;`,
  // Tenants that a host reports although they belong to another host.
  `CREATE TABLE claims (
    slug TEXT NOT NULL,
    host TEXT NOT NULL,
    PRIMARY KEY (slug, host)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_of_host ON claims (host);`,
  `-- A slug belongs to one host, also while that does not report it. Labels are those that admins set, as a JSON object.
  CREATE TABLE slugs (
    slug TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    since TEXT NOT NULL,
    labels TEXT NOT NULL DEFAULT '{}'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX slugs_of_host ON slugs (host, slug);
  INSERT INTO slugs (slug, host, since) SELECT slug, host, reported_at FROM tenants;
  -- The reported version as text with the order of versions; null for what has none.
  ALTER TABLE tenants ADD COLUMN version_prefix TEXT;
  ALTER TABLE tenants ADD COLUMN version_key TEXT;
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    scope TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT,
    expires_at TEXT,
    revoked_at TEXT,
    used_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE revoked_at IS NULL;
  CREATE TABLE audit (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    token TEXT,
    name TEXT NOT NULL,
    address TEXT,
    reason TEXT,
    action TEXT NOT NULL,
    tenant TEXT,
    host TEXT,
    target TEXT
  ) STRICT;
  CREATE INDEX audit_of_tenant ON audit (tenant, no) WHERE tenant IS NOT NULL;
  CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  -- A key belongs to the token that gave it.
  ALTER TABLE keys RENAME TO old_keys;
  CREATE TABLE keys (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    order_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
  ) STRICT;
  INSERT INTO keys SELECT '', key, fingerprint, order_id, at FROM old_keys;
  DROP TABLE old_keys;
  CREATE INDEX keys_by_age ON keys (at);`,
  reportedTenants,
  `-- Who this controller is. Hosts sign it, and speak to no other.
  CREATE TABLE controller (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  INSERT INTO controller (id) VALUES (lower(hex(randomblob(16))));
  CREATE TABLE join_tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    -- Patterns of host names, as a JSON array; null for any new host.
    hosts TEXT,
    uses INTEGER NOT NULL,
    uses_left INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE host_keys (
    no INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    state TEXT NOT NULL,
    since TEXT NOT NULL,
    why TEXT,
    places TEXT NOT NULL DEFAULT '[]',
    enrolled_at TEXT NOT NULL,
    join_token TEXT
  ) STRICT;
  CREATE UNIQUE INDEX host_keys_active ON host_keys (host) WHERE state IN ('active', 'quarantined');
  CREATE INDEX host_keys_of_host ON host_keys (host, no);`,
  webhooks,
  joinedHosts,
  oldSecrets,
  rolloutTables,
];

/** The methods of the library that migrations use. */
interface Connection {
  exec(sql: string): void;
  prepare(sql: string): { get(): Record<string, unknown> | undefined };
}

/** Brings the database up to this version. Throws AppError `config` for one that a newer version has written. */
export function migrateSchema({ connection, file }: { connection: Connection; file: string }): void {
  const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > steps.length) {
    throw new AppError(
      'config',
      `${file} was written by a newer version of Drover (schema ${version}, known up to ${steps.length})`,
      { hint: 'Run that version, or restore a backup that was made before it.' },
    );
  }
  for (const [index, step] of steps.slice(version).entries()) {
    connection.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${version + index + 1}; COMMIT`);
  }
}
