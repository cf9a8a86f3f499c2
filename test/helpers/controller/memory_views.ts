// The tenants and the host of the in-memory fleet.
import type { HostView, Tenant } from '../../../shared/wire/api.js';

/** As the API shows it. */
export function describeTenant(slug: string): Tenant {
  return {
    slug,
    version: 'v0.1.0',
    commit: '1111111111111111111111111111111111111111',
    detected: false,
    head: '1111111111111111111111111111111111111111',
    drift: null,
    state: 'idle',
    hold: null,
    labels: { ring: 'canary' },
    admin_labels: {},
    problems: [],
    host: 'h1',
    host_state: 'connected',
    reported_at: '2025-12-16T10:15:00.000Z',
    upgrade: null,
  };
}

/** As the API shows it. */
export function describeHost(slugs: readonly string[]): HostView {
  return {
    host: 'h1',
    key_state: 'active',
    state: 'connected',
    agent_version: '0.1.0',
    protocol_version: 1,
    first_seen_at: '2025-12-16T10:15:00.000Z',
    seen_at: null,
    connected_at: '2025-12-16T10:15:00.000Z',
    clock_skew_ms: 0,
    facts: null,
    figures: null,
    tenants: [...slugs],
    drifting: 0,
    missing: 0,
    problems: [],
  };
}
