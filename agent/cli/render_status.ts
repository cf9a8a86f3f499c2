// The status of a host's tenants for people: a line each, and more of those that need somebody.
import type { HostStatus, TenantStatus, UpgradeStatus } from './read_status.js';
import type { Style } from '../../shared/terminal/style.js';
import { alignColumns, indent, showHash, showSafely, showTime } from '../../shared/terminal/format.js';

type Problem = TenantStatus['problems'][number];

function renderState({ state, latest, problems }: TenantStatus, style: Style): string {
  switch (state) {
    case 'needs_operator':
      return style.red('waits for an operator');
    case 'interrupted':
      return style.red('interrupted, and no agent runs');
    case 'running':
      return style.cyan(`under way${latest?.step === null || latest === null ? '' : `: ${latest.step}`}`);
    default:
      return problems.length > 0 ? style.red('configuration problem') : style.green('idle');
  }
}

const showVersions = ({ from, to }: UpgradeStatus) => showSafely(`${from ?? '?'} → ${to ?? 'latest'}`);

function renderLatest(latest: UpgradeStatus | null): string {
  if (latest === null) return 'none yet';
  return `${latest.status}, ${showTime(latest.finished_at ?? latest.started_at)}`;
}

function renderProblem({ message, hint }: Problem, style: Style): string[] {
  return [style.red(showSafely(message)), ...(hint === null ? [] : [indent(showSafely(hint), '  ')])];
}

/** Why somebody is needed, and what to do; empty where nobody is. */
function renderNeeds({ tenant, state, hold, latest, problems }: TenantStatus, style: Style): string[] {
  const needs = problems.flatMap((problem) => renderProblem(problem, style));
  if (hold !== null) {
    needs.push(`waits for an operator (${hold.reason}) since its upgrade ${latest?.id ?? ''}:`);
    needs.push(indent(showSafely(hold.message), '  '), style.bold(indent(showSafely(hold.hint), '  ')));
  }
  if (state === 'interrupted') {
    needs.push(`its upgrade ${latest?.id ?? ''} was interrupted; it goes on as soon as an agent runs:`);
    needs.push(style.bold('  drover-agent run'));
  }
  return needs.length === 0 ? [] : ['', style.bold(tenant), ...needs.map((need) => indent(need, '  '))];
}

const showAgent = ({ agent }: HostStatus) => (agent ? 'an agent runs' : 'no agent runs now');

/** Whether the agent is connected, since when, or why not; empty where it is to have no controller. */
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
    showSafely(tenant.version ?? '-'),
    tenant.commit === null ? '-' : showHash(tenant.commit),
    renderLatest(tenant.latest),
    renderState(tenant, style),
  ]);
  return [
    `${style.bold(host)}: ${showAgent(status)}`,
    ...renderController(status, style),
    ...(rows.length === 0 ? ['There is no tenant on this host.'] : alignColumns([head, ...rows])),
    ...tenants.flatMap((tenant) => renderNeeds(tenant, style)),
    ...problems.flatMap((problem) => ['', ...renderProblem(problem, style)]),
  ].join('\n');
}

/** One tenant in full; several lines, without the end of the last one. */
export function renderTenantStatus(status: HostStatus, tenant: TenantStatus, style: Style): string {
  const { version, commit, previous_version: previous, recorded_at: recordedAt, places, marks, upgrades } = tenant;
  const rows = [
    ['state', renderState(tenant, style)],
    ['version', version === null ? '' : [version, ...(commit === null ? [] : [`(${showHash(commit)})`])].join(' ')],
    ['previous', previous ?? ''],
    ['recorded', recordedAt === null ? 'nothing yet: Drover has not upgraded it' : showTime(recordedAt)],
    ['app', places?.app_dir ?? ''],
    ['data', places?.data_dir ?? ''],
    ['user', places?.user ?? ''],
    ['logs', places?.log_dir ?? ''],
    ...marks.map(({ tag, phase, as, reason }) => ['mark', `${tag} ${phase ?? 'all phases'}: ${as} (${reason})`]),
  ].filter(([, text]) => text !== '');
  const history = upgrades.map((upgrade) => [
    showTime(upgrade.started_at),
    upgrade.status,
    showVersions(upgrade),
    upgrade.id,
  ]);
  return [
    `${style.bold(tenant.tenant)} on ${status.host}: ${showAgent(status)}`,
    ...alignColumns(rows).map((row) => `  ${row}`),
    ...(history.length === 0 ? [] : ['  upgrades', ...alignColumns(history).map((row) => `    ${row}`)]),
    ...renderNeeds(tenant, style),
  ].join('\n');
}
