// The tenants of the fleet for people: a line each, then why one needs an operator; or one tenant in full.
import { showTime } from '../../../shared/os/clock.js';
import { showHash, showSafely } from '../../../shared/terminal/screen/format.js';
import { renderTenant, renderTenantList, type ShownTenant } from '../../../shared/terminal/render_tenants.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../shared/terminal/screen/style.js';
import type { Tenant, UpgradeSummary } from '../../../shared/wire/api.js';

/** As every program shows a tenant. `open` are the queued and running upgrades, as far as they are known. */
export function toShown(tenant: Tenant, open: readonly UpgradeSummary[] = []): ShownTenant {
  const { slug, host, version, commit, detected, drift, hold, problems, upgrade } = tenant;
  const summary = open.find(({ id }) => id === upgrade);
  return {
    slug,
    host,
    state: findState(tenant, summary),
    step: summary?.step ?? null,
    version,
    commit,
    detected,
    upgrade,
    drift,
    hold,
    problems,
  };
}

/**
 * What the controller stores of upgrades is newer than the last report: of a host that is not connected the report may say that
 * an upgrade runs whose end is stored.
 */
function findState(
  { state, upgrade, host_state: hostState }: Tenant,
  summary: UpgradeSummary | undefined,
): ShownTenant['state'] {
  if (state === 'running' && upgrade === null && hostState !== 'connected') return 'idle';
  if (state !== 'idle' || upgrade === null) return state;
  return summary?.status === 'running' ? 'running' : 'pending';
}

const showLabels = ({ labels }: Pick<Tenant, 'labels'>) =>
  showSafely(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  );

const renderHost = ({ host, host_state: state }: Tenant, style: Style) =>
  `${showSafely(host)}${state === 'connected' ? '' : ` ${style.yellow(`(${state})`)}`}`;

/** Several lines, without the end of the last one. */
export function renderTenants(
  tenants: readonly Tenant[],
  { style, width }: Pick<Screen, 'style' | 'width'>,
  { open = [], where }: { open?: readonly UpgradeSummary[]; where?: string | undefined } = {},
): string {
  if (tenants.length === 0 && where !== undefined) return `No tenant is selected by ${showSafely(where)}.`;
  if (tenants.length === 0) {
    return [
      'There is no tenant yet: no host has reported one.',
      '`drover hosts` lists the hosts; a file in /etc/drover/tenants.d of one of them adds a tenant.',
    ].join('\n');
  }
  const hosts = new Map(tenants.map((tenant) => [tenant.slug, renderHost(tenant, style)]));
  const shown = tenants.map((tenant) => toShown(tenant, open));
  const labels = new Map(tenants.map((tenant) => [tenant.slug, showLabels(tenant)]));
  const before = { title: 'HOST', cellOf: (slug: string) => hosts.get(slug) ?? '' };
  const after = { title: 'LABELS', cellOf: (slug: string) => labels.get(slug) ?? '' };
  const hasLabels = [...labels.values()].some((text) => text !== '');
  return renderTenantList(shown, hasLabels ? { before, after } : { before }, { style, width });
}

/** One tenant in full, with its latest upgrades; several lines, without the end of the last one. */
export function renderTenantStatus(tenant: Tenant, upgrades: readonly UpgradeSummary[], style: Style): string {
  const shown = toShown(tenant, upgrades);
  const heading = `${style.bold(tenant.slug)} on ${renderHost(tenant, style)}`;
  const rows = [
    ['head', tenant.drift === null || tenant.head === null ? '' : showHash(tenant.head)],
    ['labels', showLabels(tenant)],
    ['reported', showTime(tenant.reported_at)],
  ];
  const history = upgrades.map((upgrade) => ({ ...upgrade, at: upgrade.delivery.created_at }));
  return renderTenant(shown, { heading, rows, upgrades: history }, style);
}
