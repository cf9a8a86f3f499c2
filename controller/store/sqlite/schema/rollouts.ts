// The tables of fleet plans, rollouts and freezes.

export const rolloutTables = `
  CREATE TABLE fleet_plans (
    id TEXT PRIMARY KEY,
    version TEXT,
    selection TEXT,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    finished_at TEXT,
    -- Counts and pin as JSON; null until it has finished.
    summary TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX fleet_plans_running ON fleet_plans (id) WHERE finished_at IS NULL;
  CREATE TABLE planned_tenants (
    plan TEXT NOT NULL,
    slug TEXT NOT NULL,
    host TEXT NOT NULL,
    plan_class TEXT,
    error TEXT,
    PRIMARY KEY (plan, slug)
  ) STRICT, WITHOUT ROWID;
  -- A plan of each class.
  CREATE TABLE plan_classes (
    plan TEXT NOT NULL,
    plan_class TEXT NOT NULL,
    version TEXT,
    target_commit TEXT,
    -- The host that sent it, and how large it is.
    host TEXT NOT NULL,
    bytes INTEGER NOT NULL,
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
  CREATE INDEX rollout_targets_of ON rollout_targets (slug, rollout);
  -- The upgrades that are attempts of rollouts, by the numbers of the upgrades: what is read of all targets at once, apart
  -- from the long results.
  CREATE TABLE attempts (
    upgrade INTEGER PRIMARY KEY,
    rollout TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    -- When its begin and its end were stored, by the clock of the controller.
    began_at TEXT,
    ended_at TEXT,
    -- Of one that ended and did not succeed: the error's code, and what failures are grouped by.
    failure_code TEXT,
    signature TEXT
  ) STRICT;
  -- A tenant that failed at a commit, until somebody says that what made it fail is mended.
  CREATE TABLE unfixed_failures (
    slug TEXT NOT NULL,
    target_commit TEXT NOT NULL,
    signature TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (target_commit, slug)
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
  CREATE INDEX freezes_by_end ON freezes (coalesce(ends_at, '9999'));
  -- Raised again and again while a controller runs, before a file beside the store is.
  ALTER TABLE controller ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
`;
