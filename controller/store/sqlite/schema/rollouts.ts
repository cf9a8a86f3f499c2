// The tables of fleet plans, rollouts and freezes.

export const rolloutTables = `
  CREATE TABLE fleet_plans (
    id TEXT PRIMARY KEY,
    version TEXT,
    selection TEXT,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    finished_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE planned_tenants (
    plan TEXT NOT NULL,
    slug TEXT NOT NULL,
    host TEXT NOT NULL,
    plan_class TEXT,
    error TEXT,
    PRIMARY KEY (plan, slug)
  ) STRICT, WITHOUT ROWID;
  -- A plan of each class, and how many tenants have it.
  CREATE TABLE plan_classes (
    plan TEXT NOT NULL,
    plan_class TEXT NOT NULL,
    version TEXT,
    target_commit TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (plan, plan_class)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rollouts (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    target_commit TEXT NOT NULL,
    selection TEXT,
    plan TEXT,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    direction TEXT NOT NULL DEFAULT 'forward',
    why TEXT,
    since TEXT NOT NULL,
    budget INTEGER NOT NULL,
    approved TEXT,
    canary_misses TEXT NOT NULL DEFAULT '[]',
    waves TEXT NOT NULL,
    counts TEXT,
    estimated_end TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    ended_at TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rollouts_open ON rollouts (id) WHERE ended_at IS NULL;
  -- A tenant of a rollout. What became of its attempts is in \`upgrades\`.
  CREATE TABLE rollout_targets (
    rollout TEXT NOT NULL,
    slug TEXT NOT NULL,
    host TEXT NOT NULL,
    wave INTEGER,
    -- 1 while its rollout is open: a tenant is in one open rollout.
    is_open INTEGER NOT NULL DEFAULT 1,
    attempt INTEGER NOT NULL DEFAULT 0,
    -- The number of the upgrade of the last attempt.
    upgrade INTEGER,
    ordered_at TEXT,
    retried_at TEXT,
    is_withdrawn INTEGER NOT NULL DEFAULT 0,
    -- Settled without an attempt: skipped, waived or expired. Null for others.
    settled TEXT,
    plan_class TEXT,
    rollback_order TEXT,
    PRIMARY KEY (rollout, slug)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX rollout_targets_open ON rollout_targets (slug) WHERE is_open = 1;
  ALTER TABLE upgrades ADD COLUMN rollout TEXT;
  ALTER TABLE upgrades ADD COLUMN attempt INTEGER;
  -- Of an ended upgrade that did not succeed: the error's code, and what failures are grouped by.
  ALTER TABLE upgrades ADD COLUMN failure_code TEXT;
  ALTER TABLE upgrades ADD COLUMN signature TEXT;
  CREATE INDEX upgrades_of_rollout ON upgrades (rollout, tenant) WHERE rollout IS NOT NULL;
  -- A tenant that failed at a commit, until somebody says that what made it fail is mended.
  CREATE TABLE unfixed_failures (
    slug TEXT NOT NULL,
    target_commit TEXT NOT NULL,
    signature TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (slug, target_commit)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE freezes (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    selection TEXT,
    begins_at TEXT NOT NULL,
    ends_at TEXT,
    zone TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    why TEXT,
    exceptions TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
`;
