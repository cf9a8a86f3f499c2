// A step of the schema: hosts are there from the moment when they join, before they have said anything.

export const joinedHosts = `ALTER TABLE hosts RENAME TO old_hosts;
  CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    -- When it joined; for one from before hosts had keys, when it first connected.
    first_seen_at TEXT NOT NULL,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    -- What it says when it connects, and the times of that; null before the first time.
    agent_version TEXT,
    protocol_version INTEGER,
    clock_skew_ms INTEGER,
    connected_at TEXT,
    seen_at TEXT,
    -- What it reports, as JSON.
    facts TEXT,
    figures TEXT,
    problems TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  INSERT INTO hosts (host, first_seen_at, stored_bytes, agent_version, protocol_version, clock_skew_ms, connected_at,
      seen_at, facts, figures, problems)
    SELECT host, first_seen_at, stored_bytes, agent_version, protocol_version, clock_skew_ms, connected_at, seen_at,
      facts, figures, problems FROM old_hosts;
  DROP TABLE old_hosts;
  INSERT INTO hosts (host, first_seen_at) SELECT host, min(enrolled_at) FROM host_keys GROUP BY host
    ON CONFLICT DO NOTHING;`;
