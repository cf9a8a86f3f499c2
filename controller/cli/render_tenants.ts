// The tenants of the fleet for people: a line each, then why one needs an operator; or one tenant in full.
import { alignColumns, showHash, showSafely, showTime } from '../../shared/terminal/format.js';
import {
  renderNeeds,
  renderState,
  renderTenant,
  renderVersion,
  type ShownTenant,
} from '../../shared/terminal/render_tenants.js';
import type { Style } from '../../shared/terminal/style.js';
import type { Tenant, UpgradeSummary } from '../../shared/wire/api.js';

/** As every program shows a tenant. */
export function toShown(tenant: Tenant): ShownTenant {
  const { slug, host, state, version, commit, detected, drift, hold, problems, upgrade } = tenant;
  const isPending = state === 'idle' && upgrade !== null;
  return {
    tenant: slug,
    host,
    state: isPending ? 'pending' : state,
    step: null,
    version,
    commit,
    detected,
    upgrade,
    drift,
    hold,
    problems,
  };
}

const renderHost = ({ host, host_state: state }: Tenant, style: Style) =>
  `${showSafely(host)}${state === 'offline' ? ` ${style.yellow('(offline)')}` : ''}`;

/** Several lines, without the end of the last one. */
export function renderTenants(tenants: readonly Tenant[], style: Style): string {
  if (tenants.length === 0) return 'There is no tenant yet: no host has reported one.';
  const head = ['TENANT', 'VERSION', 'COMMIT', 'HOST', 'STATE'];
  const rows = tenants.map((tenant) => [
    style.bold(tenant.slug),
    renderVersion(tenant),
    tenant.commit === null ? '-' : showHash(tenant.commit),
    renderHost(tenant, style),
    renderState(toShown(tenant), style),
  ]);
  const needs = tenants.flatMap((tenant) => renderNeeds(toShown(tenant), style));
  return [...alignColumns([head, ...rows]), ...needs].join('\n');
}

/** One tenant in full, with its latest upgrades; several lines, without the end of the last one. */
export function renderTenantStatus(tenant: Tenant, upgrades: readonly UpgradeSummary[], style: Style): string {
  const running = upgrades.find(({ id }) => id === tenant.upgrade);
  const shown = { ...toShown(tenant), step: running?.step ?? null };
  const labels = Object.entries(tenant.labels).map(([name, value]) => `${name}=${value}`);
  const heading = `${style.bold(tenant.slug)} on ${renderHost(tenant, style)}`;
  const rows = [
    ['head', tenant.drift === null || tenant.head === null ? '' : showHash(tenant.head)],
    ['labels', showSafely(labels.join(', '))],
    ['reported', showTime(tenant.reported_at)],
  ];
  const history = upgrades.map(({ id, status, previous_version: from, new_version: to, delivery }) => ({
    id,
    status,
    from,
    to,
    at: delivery.created_at,
  }));
  return renderTenant(shown, { heading, rows, upgrades: history }, style);
}
