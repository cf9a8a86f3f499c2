// A step of the schema: what each host reports of a tenant, slugs that outlast it, and the versions that tenants had.

export const reportedTenants = `-- What each host reports of a tenant. Where another host has the slug, the host only claims it.
  DROP INDEX tenants_of_host;
  ALTER TABLE tenants RENAME TO old_tenants;
  CREATE TABLE tenants (
    slug TEXT NOT NULL,
    host TEXT NOT NULL,
    -- The host that has the slug, where that is another one; empty where it is none.
    held_by TEXT,
    -- When the report last changed.
    reported_at TEXT NOT NULL,
    report TEXT NOT NULL,
    has_drift INTEGER NOT NULL,
    -- The reported version as text with the order of versions; null for what has none.
    version_prefix TEXT,
    version_key TEXT,
    PRIMARY KEY (slug, host)
  ) STRICT;
  INSERT INTO tenants SELECT slug, host, NULL, reported_at, report, json_extract(report, '$.drift') IS NOT NULL,
    version_prefix, version_key FROM old_tenants;
  DROP TABLE old_tenants;
  CREATE INDEX tenants_of_host ON tenants (host, slug);
  CREATE INDEX tenants_claimed ON tenants (host, slug) WHERE held_by IS NOT NULL;
  CREATE INDEX tenants_claimed_of ON tenants (held_by, slug) WHERE held_by IS NOT NULL;
  CREATE INDEX tenants_drifting ON tenants (host, slug) WHERE has_drift = 1 AND held_by IS NULL;
  -- The next report of a host brings its claims again.
  DROP TABLE claims;
  -- Since when the host of a slug does not report it; null while it does.
  ALTER TABLE slugs ADD COLUMN missing_since TEXT;
  CREATE INDEX slugs_missing ON slugs (host, slug) WHERE missing_since IS NOT NULL;
  -- The versions that a tenant had, as its hosts reported them.
  CREATE TABLE tenant_versions (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL,
    at TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    commit_id TEXT,
    detected INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX versions_of_tenant ON tenant_versions (slug, no);
  -- What changes at every look, as JSON: load, memory, disks.
  ALTER TABLE hosts ADD COLUMN figures TEXT;`;
