// The tenants for people: a line each, and more of those that need somebody.
import type { Tenant } from '../../shared/wire/api.js';
import type { Style } from '../../shared/terminal/style.js';
import { alignColumns, indent, showHash, showSafely } from '../../shared/terminal/format.js';

function renderState({ state, drift, problems, upgrade }: Tenant, style: Style): string {
  if (state === 'needs_operator') return style.red('waits for an operator');
  if (state === 'broken') return style.red('broken');
  if (state === 'running') return style.cyan('under way');
  if (upgrade !== null) return style.cyan('upgrade pending');
  if (drift !== null) return style.yellow('drift');
  return problems.length > 0 ? style.yellow('has a problem') : style.green('idle');
}

const renderHost = ({ host, host_state: state }: Tenant, style: Style) =>
  `${showSafely(host)}${state === 'offline' ? ` ${style.yellow('(offline)')}` : ''}`;

/** Why somebody is needed, and what to do; empty where nobody is. */
function renderNeeds({ slug, host, hold, drift, problems }: Tenant, style: Style): string[] {
  const needs = [
    ...(hold === null ? [] : [showSafely(hold.message), style.bold(showSafely(hold.hint))]),
    ...(drift === null ? [] : [showSafely(drift)]),
    ...problems.flatMap(({ message, hint }) => [showSafely(message), ...(hint === null ? [] : [showSafely(hint)])]),
  ];
  if (needs.length === 0) return [];
  return ['', style.bold(`${slug} on ${showSafely(host)}`), ...needs.map((need) => indent(need, '  '))];
}

/** Several lines, without the end of the last one. */
export function renderTenants(tenants: readonly Tenant[], style: Style): string {
  if (tenants.length === 0) return 'There is no tenant yet: none of the hosts has reported one.';
  const head = ['TENANT', 'VERSION', 'COMMIT', 'HOST', 'STATE'];
  const rows = tenants.map((tenant) => [
    style.bold(tenant.slug),
    showSafely(tenant.version ?? '-'),
    tenant.commit === null ? '-' : showHash(tenant.commit),
    renderHost(tenant, style),
    renderState(tenant, style),
  ]);
  return [...alignColumns([head, ...rows]), ...tenants.flatMap((tenant) => renderNeeds(tenant, style))].join('\n');
}
