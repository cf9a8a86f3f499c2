// The status of this host for people: its agent and its connection, a line for each tenant, why one needs an operator.
import { showTime } from '../../shared/os/clock.js';
import { alignColumns, indent, showHash, showSafely } from '../../shared/terminal/format.js';
import {
  renderNeeds,
  renderProblem,
  renderState,
  renderTenant,
  renderVersion,
  type ShownTenant,
} from '../../shared/terminal/render_tenants.js';
import type { Style } from '../../shared/terminal/style.js';
import type { HostStatus, TenantStatus, UpgradeStatus } from './read_status.js';

/** As every program shows a tenant; on its own host it goes without the host. */
export function toShown({
  tenant,
  state,
  version,
  commit,
  detected,
  hold,
  latest,
  problems,
}: TenantStatus): ShownTenant {
  return {
    tenant,
    host: null,
    state,
    step: latest?.step ?? null,
    version,
    commit,
    detected,
    upgrade: latest?.id ?? null,
    drift: null,
    hold,
    problems,
  };
}

function renderLatest(latest: UpgradeStatus | null): string {
  if (latest === null) return 'none yet';
  return `${latest.status}, ${showTime(latest.finished_at ?? latest.started_at)}`;
}

const showAgent = ({ agent }: HostStatus) => (agent ? 'an agent runs' : 'no agent runs now');

/** Whether the agent is connected, since when, or why not; empty where no controller is configured. */
function renderController({ controller }: HostStatus, style: Style): string[] {
  if (controller === null) return [];
  const { url, connected, since, problem } = controller;
  if (connected) return [`connected to ${showSafely(url)} since ${showTime(since)}`];
  if (problem === null) return [`connecting to ${showSafely(url)}`];
  const what = `not connected to a controller since ${showTime(since)}: ${showSafely(problem.message)}`;
  return [style.red(what), indent(showSafely(problem.hint), '  ')];
}

/** All tenants; several lines, without the end of the last one. */
export function renderHostStatus(status: HostStatus, style: Style): string {
  const { host, tenants, problems } = status;
  const head = ['TENANT', 'VERSION', 'COMMIT', 'LATEST UPGRADE', 'STATE'];
  const rows = tenants.map((tenant) => [
    style.bold(tenant.tenant),
    renderVersion(tenant),
    tenant.commit === null ? '-' : showHash(tenant.commit),
    renderLatest(tenant.latest),
    renderState(toShown(tenant), style),
  ]);
  return [
    `${style.bold(host)}: ${showAgent(status)}`,
    ...renderController(status, style),
    ...(rows.length === 0 ? ['There is no tenant on this host.'] : alignColumns([head, ...rows])),
    ...tenants.flatMap((tenant) => renderNeeds(toShown(tenant), style)),
    ...problems.flatMap((problem) => ['', ...renderProblem(problem, style)]),
  ].join('\n');
}

/** One tenant in full; several lines, without the end of the last one. */
export function renderTenantStatus(status: HostStatus, tenant: TenantStatus, style: Style): string {
  const { previous_version: previous, recorded_at: recordedAt, places, marks, upgrades } = tenant;
  const heading = `${style.bold(tenant.tenant)} on ${status.host}: ${showAgent(status)}`;
  const rows = [
    ['previous', previous ?? ''],
    ['recorded', recordedAt === null ? 'nothing yet: Drover has not upgraded it' : showTime(recordedAt)],
    ['app', places?.app_dir ?? ''],
    ['data', places?.data_dir ?? ''],
    ['user', places?.user ?? ''],
    ['logs', places?.log_dir ?? ''],
    ...marks.map(({ tag, phase, as, reason }) => ['mark', `${tag} ${phase ?? 'all phases'}: ${as} (${reason})`]),
  ];
  const shown = upgrades.map(({ started_at: at, ...upgrade }) => ({ ...upgrade, at }));
  return renderTenant(toShown(tenant), { heading, rows, upgrades: shown }, style);
}
