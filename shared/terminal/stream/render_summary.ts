// The end of a stream: how the tenant is, where the upgrade failed, and the way out.
import type { Result } from '../../model/result.js';
import { describePlace } from '../../model/services_state.js';
import type { Style } from '../screen/style.js';
import { showTime } from '../../os/clock.js';
import { alignColumns, indent, showMs, showSafely } from '../screen/format.js';

function renderHeadline(result: Result, style: Style): string {
  const { status, tenant, current_version: version, services, failure, steps } = result;
  const on = version ?? 'an unknown version';
  // That it is up goes without saying, but for a failure.
  const isUp = services === 'running' && status !== 'failed';
  const place = (again = '') => `${tenant} is ${describePlace({ services: isUp ? null : services, version }, again)}`;
  switch (status) {
    case 'success':
      // Only an operator's rollback that would have lost data leaves a success with a failure.
      if (failure !== null) return style.yellow(`! ${tenant} stays on ${on}`);
      if (steps.length === 0) return `– ${tenant} is already on ${on}; nothing done`;
      return style[services === 'stopped' ? 'yellow' : 'green'](`✓ success: ${place()}`);
    case 'refused':
      return style.red(`✗ refused: ${tenant} was not touched${version === null ? '' : `, and stays on ${version}`}`);
    case 'rolled_back':
      return style.yellow(`↩ rolled back: ${place(' again')}`);
    case 'cancelled':
      if (steps.length === 0) return style.yellow(`↩ cancelled before it started: ${tenant} stays on ${on}`);
      return style.yellow(`↩ cancelled: ${place(' again')}`);
    case 'queued':
      return style.cyan(`… queued: the upgrade of ${tenant} has not begun`);
    case 'running':
      return style.cyan(`… running: the upgrade of ${tenant} has not ended`);
    default:
      return style.red(`✗ ${status}: ${place()}${failure?.needs_operator === true ? ', and needs an operator' : ''}`);
  }
}

function renderFailure({ status, failure }: Result, style: Style): string[] {
  if (failure === null) return [];
  const { step, message, hint, output_tail: tail } = failure;
  return [
    ...(step === null || status === 'success' ? [] : [`  failed at ${step}:`]),
    indent(showSafely(message), '  '),
    ...(tail === '' ? [] : [indent(showSafely(tail), `    ${style.dim('│')} `)]),
    ...(hint === undefined || hint === '' ? [] : [style.bold(indent(showSafely(hint), '  '))]),
  ];
}

const maxWarnings = 5;

/** A warning of the plan is in no line of the log. */
function renderWarnings(warnings: readonly string[], style: Style): string[] {
  const left = warnings.length - maxWarnings;
  const shown = warnings.slice(0, maxWarnings).map((warning) => indent(showSafely(`warning: ${warning}`), '  '));
  return [...shown, ...(left > 0 ? [`  ${left} more warnings; --json shows all`] : [])].map((text) =>
    style.yellow(text),
  );
}

function renderDowntimes({ steps, downtime_ms: ms, rollback }: Result): string {
  if (steps.length === 0) return '';
  return rollback === null ? showMs(ms) : `${showMs(ms)}, and ${showMs(rollback.downtime_ms)} for the rollback`;
}

/** A release that failed, and was rolled back by itself: its cause has no other way out. */
const canRetry = ({ status, failure }: Result) =>
  status === 'rolled_back' && (failure?.hint ?? '') === '' && failure !== null;

export interface SummaryOptions {
  style: Style;
  /** The command that shows the log; null where there is none. */
  logCommand: string | null;
  /** The command that tries the same upgrade again; null where that is no way on. */
  retryCommand: string | null;
  /** An operator has just accepted the tenant as it is. */
  isAccepted: boolean;
}

/** Several lines, without the end of the last one. */
export function renderSummary(result: Result, { style, logCommand, retryCommand, isAccepted }: SummaryOptions): string {
  const { tenant, current_version: version, rollback } = result;
  if (isAccepted && result.failure?.needs_operator !== true) {
    const isDown = result.services === 'down';
    const stays = `accepted: ${tenant} stays ${isDown ? 'DOWN ' : ''}on ${version ?? 'an unknown version'}`;
    const accepted = style[isDown ? 'red' : 'green'](`${isDown ? '!' : '✓'} ${stays}; upgrades are allowed again`);
    return [style.bold(accepted), ...(logCommand === null ? [] : [`  log  ${logCommand}`])].join('\n');
  }
  const { hooks_executed: hooks, migrations_run: migrations, backup_path: backup, warnings } = result;
  const rows = [
    ['downtime', renderDowntimes(result)],
    ['rollback', rollback === null ? '' : `asked for at ${showTime(rollback.asked_at)}`],
    ['backup', backup ?? ''],
    ...hooks.map((hook, index) => [index === 0 ? 'hooks' : '', hook]),
    ...migrations.map((migration, index) => [index === 0 ? 'migrations' : '', migration]),
    ['then', canRetry(result) && retryCommand !== null ? `${retryCommand}   once that is fixed` : ''],
    ['log', logCommand ?? ''],
  ].filter(([, text]) => text !== '');
  return [
    style.bold(renderHeadline(result, style)),
    ...renderFailure(result, style),
    ...alignColumns(rows).map((row) => `  ${showSafely(row)}`),
    ...renderWarnings(warnings, style),
  ].join('\n');
}
