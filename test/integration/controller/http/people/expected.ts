// Who may use which route: written down apart from the routes, so that a route that changes its rule is seen.
import type { Role } from '../../../../../shared/model/roles.js';

export interface Expected {
  /** The least role; null for a route that needs no token. */
  role: Role | null;
  /**
   * What a token with a scope gets. `part`: what it sees of a list. `named`: what the path names, if it sees that; otherwise
   * 404 as for what there is not. `own`: what it makes is of what it sees, and refused (422) where that is nothing. `nothing`:
   * 403.
   */
  scoped: 'part' | 'named' | 'own' | 'nothing' | 'all';
  /** Where the route cannot do without one. */
  body?: object;
}

/** Every route of the API. */
export const expected: Readonly<Record<string, Expected>> = {
  'GET /healthz': { role: null, scoped: 'all' },
  'GET /readyz': { role: null, scoped: 'all' },
  'GET /metrics': { role: 'viewer', scoped: 'nothing' },
  'GET /api/v1/tenants': { role: 'viewer', scoped: 'part' },
  'GET /api/v1/tenants/:slug': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/tenants/:slug/hooks': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/tenants/:slug/versions': { role: 'viewer', scoped: 'named' },
  'POST /api/v1/tenants/:slug/move': { role: 'admin', scoped: 'nothing', body: { host: 'hidden-host' } },
  'POST /api/v1/tenants/:slug/labels': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/tenants/:slug/forget': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/tenants/:slug/plan': { role: 'operator', scoped: 'named' },
  'POST /api/v1/tenants/:slug/upgrade': { role: 'operator', scoped: 'named' },
  'POST /api/v1/tenants/:slug/rollback': { role: 'operator', scoped: 'named' },
  'POST /api/v1/tenants/:slug/resume': { role: 'operator', scoped: 'named' },
  'POST /api/v1/tenants/:slug/marks': { role: 'operator', scoped: 'named', body: { tag: 'v1', as: 'none' } },
  'GET /api/v1/hosts': { role: 'viewer', scoped: 'part' },
  'GET /api/v1/hosts/:host': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/upgrades': { role: 'viewer', scoped: 'part' },
  'GET /api/v1/upgrades/:id': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/upgrades/:id/events': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/upgrades/:id/log': { role: 'viewer', scoped: 'named' },
  'POST /api/v1/upgrades/:id/cancel': { role: 'operator', scoped: 'named' },
  'POST /api/v1/rollouts/plan': { role: 'operator', scoped: 'own' },
  'GET /api/v1/rollouts/plans': { role: 'viewer', scoped: 'part' },
  'GET /api/v1/rollouts/plans/:id': { role: 'viewer', scoped: 'named' },
  'POST /api/v1/rollouts/plans/:id/cancel': { role: 'operator', scoped: 'named' },
  'GET /api/v1/rollouts': { role: 'viewer', scoped: 'part' },
  'POST /api/v1/rollouts': { role: 'operator', scoped: 'own' },
  'GET /api/v1/rollouts/:id': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/rollouts/:id/targets': { role: 'viewer', scoped: 'named' },
  'GET /api/v1/rollouts/:id/events': { role: 'viewer', scoped: 'named' },
  'POST /api/v1/rollouts/:id/pause': { role: 'operator', scoped: 'named' },
  'POST /api/v1/rollouts/:id/resume': { role: 'operator', scoped: 'named' },
  'POST /api/v1/rollouts/:id/abort': { role: 'operator', scoped: 'named' },
  'POST /api/v1/rollouts/:id/retry': { role: 'operator', scoped: 'named' },
  'POST /api/v1/rollouts/:id/waive': { role: 'operator', scoped: 'named', body: { tenants: ['acme'] } },
  'POST /api/v1/rollouts/:id/approve': { role: 'operator', scoped: 'named', body: { next_wave: true } },
  'POST /api/v1/rollouts/:id/rollback': { role: 'operator', scoped: 'named' },
  'GET /api/v1/freezes': { role: 'viewer', scoped: 'nothing' },
  'POST /api/v1/freezes': { role: 'operator', scoped: 'nothing', body: { name: 'xmas' } },
  'POST /api/v1/freezes/:name/end': { role: 'operator', scoped: 'nothing' },
  'POST /api/v1/freezes/:name/except': {
    role: 'operator',
    scoped: 'nothing',
    body: { tenants: ['acme'], reason: 'a fix' },
  },
  'GET /api/v1/audit': { role: 'operator', scoped: 'part' },
  // An admin has no scope.
  'GET /api/v1/tokens': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/tokens': { role: 'admin', scoped: 'nothing', body: { name: 'anna', role: 'viewer' } },
  'POST /api/v1/tokens/:name/revoke': { role: 'admin', scoped: 'nothing' },
  'GET /api/v1/join-tokens': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/join-tokens': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/join-tokens/:id/revoke': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/hosts/:host/revoke': { role: 'admin', scoped: 'nothing' },
  'GET /api/v1/webhooks': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/webhooks': {
    role: 'admin',
    scoped: 'nothing',
    body: { name: 'hidden-token-1', url: 'https://127.0.0.1:9/' },
  },
  'POST /api/v1/webhooks/:name/test': { role: 'admin', scoped: 'nothing' },
  'GET /api/v1/webhooks/:name/deliveries': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/webhooks/:name/deliveries/:sequence/redeliver': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/webhooks/:name/rotate': { role: 'admin', scoped: 'nothing' },
  'POST /api/v1/webhooks/:name/remove': { role: 'admin', scoped: 'nothing' },
};

/** Every kind of event that webhooks are told: about a tenant, about a host with all of its tenants, or about the fleet. */
export const expectedEvents: Readonly<Record<string, 'tenant' | 'host' | 'fleet'>> = {
  'upgrade.began': 'tenant',
  'upgrade.ended': 'tenant',
  'upgrade.needs_operator': 'tenant',
  'tenant.drift': 'tenant',
  'host.connected': 'host',
  'host.offline': 'host',
  'host.revoked': 'host',
  'rollout.started': 'fleet',
  'rollout.paused': 'fleet',
  'rollout.halted': 'fleet',
  'rollout.ended': 'fleet',
};

/** Every route that answers with a stream: by whose scope its items go. */
export const expectedStreams: Readonly<Record<string, 'upgrade' | 'rollout'>> = {
  'GET /api/v1/upgrades/:id/events': 'upgrade',
  'GET /api/v1/rollouts/:id/events': 'rollout',
};
