// Webhooks, what is owed to each, and the hosts that they were told of, as migrations.

/** SQL. */
export const webhooks = `CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  -- The kinds, as a JSON array.
  events TEXT NOT NULL,
  scope TEXT,
  created_at TEXT NOT NULL,
  created_by TEXT,
  sequence INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_deliveries (
  webhook TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  tenant TEXT,
  host TEXT,
  at TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  attempted_at TEXT,
  status INTEGER,
  error TEXT,
  next_at TEXT,
  -- No attempt follows one that fails after this.
  until TEXT NOT NULL,
  ended_at TEXT,
  -- As JSON.
  data TEXT NOT NULL,
  PRIMARY KEY (webhook, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook, sequence) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (webhook) WHERE state = 'failed';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
-- Hosts that webhooks were told of as connected.
CREATE TABLE online_hosts (host TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- Nobody waits to hear of those that are known already.
INSERT INTO online_hosts SELECT host FROM hosts;`;

/** SQL. */
export const oldSecrets = `-- Those before \`secret\`, the oldest first, each with the time until which it signs too, as a JSON array.
ALTER TABLE webhooks ADD COLUMN old_secrets TEXT NOT NULL DEFAULT '[]';`;
