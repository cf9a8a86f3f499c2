// The status of this host for people: its agent and its connection, a line for each tenant, why one needs an operator.
import type { UpgradeOutline } from '../../shared/model/upgrade_outline.js';
import { showTime } from '../../shared/os/clock.js';
import { indent, showSafely } from '../../shared/terminal/screen/format.js';
import {
  renderProblem,
  renderTenant,
  renderTenantList,
  type ShownTenant,
} from '../../shared/terminal/render_tenants.js';
import type { Screen } from '../../shared/terminal/screen/screen.js';
import type { Style } from '../../shared/terminal/screen/style.js';
import type { HostStatus, TenantStatus } from './read_status.js';

/** As every program shows a tenant; on its own host it goes without the host. */
export function toShown({ slug, state, version, commit, detected, hold, latest, problems }: TenantStatus): ShownTenant {
  return {
    slug,
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

function renderLatest(latest: UpgradeOutline | null): string {
  if (latest === null) return 'none yet';
  return `${latest.status}, ${showTime(latest.finished_at ?? latest.started_at)}`;
}

const showAgent = ({ agent }: HostStatus) => (agent ? 'an agent runs' : 'no agent runs now');

/** Whether the agent is connected, since when, or why not; empty where no controller is configured. */
function renderController({ controller }: HostStatus, style: Style): string[] {
  if (controller === null) return [];
  const { url, proxy, connected, since, problem } = controller;
  const way = proxy === null ? '' : ` through the proxy ${showSafely(proxy)}`;
  const where = `${showSafely(url ?? 'a controller')}${way}`;
  if (connected) return [`connected to ${where} since ${showTime(since)}`];
  if (problem === null) return [`connecting to ${where}`];
  const what = `not connected to a controller since ${showTime(since)}: ${showSafely(problem.message)}`;
  return [style.red(what), indent(showSafely(problem.hint), '  ')];
}

const noTenant = 'There is no tenant on this host; `drover-agent init TENANT` writes the file of one.';

/** All tenants; several lines, without the end of the last one. */
export function renderHostStatus(status: HostStatus, screen: Pick<Screen, 'style' | 'width'>): string {
  const { host, tenants, problems } = status;
  const { style } = screen;
  const latest = new Map(tenants.map((tenant) => [tenant.slug, renderLatest(tenant.latest)]));
  const column = { title: 'LATEST UPGRADE', cellOf: (slug: string) => latest.get(slug) ?? '' };
  return [
    `${style.bold(host)}: ${showAgent(status)}`,
    ...renderController(status, style),
    tenants.length === 0 ? noTenant : renderTenantList(tenants.map(toShown), { before: column }, screen),
    ...problems.flatMap((problem) => ['', ...renderProblem(problem, style)]),
  ].join('\n');
}

/** One tenant in full; several lines, without the end of the last one. */
export function renderTenantStatus(status: HostStatus, tenant: TenantStatus, style: Style): string {
  const { previous_version: previous, recorded_at: recordedAt, places, marks, upgrades } = tenant;
  const heading = `${style.bold(tenant.slug)} on ${status.host}: ${showAgent(status)}`;
  const rows = [
    ['previous', previous ?? ''],
    ['recorded', recordedAt === null ? 'nothing yet: Drover has not upgraded it' : showTime(recordedAt)],
    ['app', places?.app_dir ?? ''],
    ['data', places?.data_dir ?? ''],
    ['user', places?.user ?? ''],
    ['logs', places?.log_dir ?? ''],
    ...marks.map(({ tag, phase, as, reason }) => ['mark', `${tag} ${phase ?? 'all phases'}: ${as} (${reason})`]),
  ];
  const shown = upgrades.map((upgrade) => ({ ...upgrade, at: upgrade.started_at }));
  return renderTenant(toShown(tenant), { heading, rows, upgrades: shown }, style);
}
