// Tenants for people: their state, why one needs an operator, and its latest upgrades. The same in every program.
import type { ReportedProblem, ReportedTenant } from '../model/report/report.js';
import type { Status } from '../model/result.js';
import type { UpgradeOutline } from '../model/upgrade_outline.js';
import { showTime } from '../os/clock.js';
import { alignColumns, indent, showHash, showSafely } from './screen/format.js';
import { renderFromTo } from './stream/live_stream.js';
import type { Screen } from './screen/screen.js';
import type { Style } from './screen/style.js';

export interface ShownTenant {
  slug: string;
  /** The name of its host where several hosts are shown. */
  host: string | null;
  /** `interrupted`: an upgrade is unfinished, no agent runs. `pending`: an upgrade has not begun. `missing`: not reported. */
  state: ReportedTenant['state'] | 'interrupted' | 'pending' | 'missing';
  /** The step that runs, if it is known. */
  step: string | null;
  version: string | null;
  commit: string | null;
  /** The version is that of the work tree. */
  detected: boolean;
  /** The upgrade that the state is about, if it is known. */
  upgrade: string | null;
  drift: string | null;
  hold: ReportedTenant['hold'];
  problems: readonly ReportedProblem[];
}

export type ShownUpgrade = Pick<UpgradeOutline, 'id' | 'status' | 'previous_version' | 'new_version'> & {
  /** When it was asked for, or began, in ISO 8601. */
  at: string;
};

const statusColours: Record<Status, keyof Style> = {
  queued: 'cyan',
  running: 'cyan',
  success: 'green',
  refused: 'red',
  rolled_back: 'yellow',
  failed: 'red',
  cancelled: 'yellow',
};

/** A status in its colour. */
export function renderStatus(status: Status, style: Style): string {
  return style[statusColours[status]](status);
}

/** True where the tenant's next upgrade needs an operator to act first. */
export function needsOperator({ state, drift, problems }: Omit<ShownTenant, 'host'>): boolean {
  return (
    ['needs_operator', 'broken', 'interrupted', 'missing'].includes(state) || drift !== null || problems.length > 0
  );
}

/** A few words: what the tenant does, or why it needs an operator. */
export function renderState({ state, step, drift, hold, problems }: ShownTenant, style: Style): string {
  if (state === 'needs_operator') return style.red(`${hold?.services === 'down' ? 'DOWN, ' : ''}needs an operator`);
  if (state === 'interrupted') return style.red('interrupted, and no agent runs');
  if (state === 'missing') return style.red('missing');
  if (state === 'broken') return style.red('broken');
  if (state === 'running') return style.cyan(`running${step === null ? '' : `: ${showSafely(step)}`}`);
  if (state === 'pending') return style.cyan('pending');
  if (drift !== null) return style.yellow('drift');
  return problems.length > 0 ? style.red('configuration problem') : style.green('idle');
}

/** `v0.4.0`, `v0.3.0 (detected)`, or `-`. */
export function renderVersion({ version, detected }: Pick<ShownTenant, 'version' | 'detected'>): string {
  return version === null ? '-' : `${showSafely(version)}${detected ? ' (detected)' : ''}`;
}

/** A message, and its way out below it. */
export function renderProblem({ message, hint }: ReportedProblem, style: Style): string[] {
  return [style.red(showSafely(message)), ...(hint === null ? [] : [indent(showSafely(hint), '  ')])];
}

/** Why it needs an operator and what to do, below its name; empty where it does not. */
export function renderNeeds(shown: ShownTenant, style: Style): string[] {
  const { slug, host, state, drift, hold, problems, upgrade } = shown;
  const needs = problems.flatMap((problem) => renderProblem(problem, style));
  const about = upgrade === null ? '' : ` since its upgrade ${upgrade}`;
  if (drift !== null) needs.push(style.yellow(showSafely(drift)));
  if (hold !== null) {
    // The message says first whether the tenant is down.
    needs.push(style.red(showSafely(hold.message)), style.bold(showSafely(hold.hint)));
    needs.push(`needs an operator (${showSafely(hold.reason)})${about}`);
  }
  if (state === 'interrupted') {
    needs.push(`its upgrade ${upgrade ?? ''} was interrupted; it resumes as soon as an agent runs:`);
    needs.push(style.bold('  systemctl start drover-agent'), '  or without the service: drover-agent run');
  }
  if (needs.length === 0) return [];
  const heading = host === null ? slug : `${slug} on ${showSafely(host)}`;
  return ['', style.bold(heading), ...needs.map((need) => indent(need, '  '))];
}

interface Column {
  title: string;
  cellOf: (slug: string) => string;
}

/**
 * The tenants, a line each, then why one needs an operator; the columns before and after the state are what only
 * this program knows of each. Several lines, without the end of the last one.
 */
export function renderTenantList(
  tenants: readonly ShownTenant[],
  columns: { before: Column; after?: Column },
  { style, width }: Pick<Screen, 'style' | 'width'>,
): string {
  const { before, after } = columns;
  const head = ['TENANT', 'VERSION', 'COMMIT', before.title, 'STATE', ...(after === undefined ? [] : [after.title])];
  const rows = tenants.map((tenant) => [
    style.bold(tenant.slug),
    renderVersion(tenant),
    tenant.commit === null ? '-' : showHash(tenant.commit),
    before.cellOf(tenant.slug),
    renderState(tenant, style),
    ...(after === undefined ? [] : [after.cellOf(tenant.slug)]),
  ]);
  const needs = tenants.flatMap((tenant) => renderNeeds(tenant, style));
  return [...alignColumns([head, ...rows], width), ...needs].join('\n');
}

/** One tenant in full below `heading`; `rows` are what only this program knows. Without the end of the last line. */
export function renderTenant(
  shown: ShownTenant,
  about: { heading: string; rows: readonly (readonly string[])[]; upgrades: readonly ShownUpgrade[] },
  style: Style,
): string {
  const { version, commit } = shown;
  const rows = [
    ['state', renderState(shown, style)],
    ['version', version === null ? '' : `${renderVersion(shown)}${commit === null ? '' : ` (${showHash(commit)})`}`],
    ...about.rows,
  ].filter(([, text]) => text !== '');
  const history = about.upgrades.map((upgrade) => [
    showTime(upgrade.at),
    renderStatus(upgrade.status, style),
    renderFromTo(upgrade),
    upgrade.id,
  ]);
  return [
    about.heading,
    ...alignColumns(rows).map((row) => `  ${row}`),
    ...(history.length === 0 ? [] : ['  upgrades', ...alignColumns(history).map((row) => `    ${row}`)]),
    ...renderNeeds(shown, style),
  ].join('\n');
}
