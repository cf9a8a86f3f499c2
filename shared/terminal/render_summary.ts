// The end of a stream: how the tenant is, where the upgrade failed, and the way out.
import type { Result } from '../model/result.js';
import type { Style } from './style.js';
import { alignColumns, indent, showMs, showSafely } from './format.js';

function renderHeadline({ status, tenant, current_version: version, failure }: Result, style: Style): string {
  const on = version ?? 'an unknown version';
  switch (status) {
    case 'success':
      // Only an operator's rollback that would have lost data leaves a success with a failure.
      if (failure !== null) return style.yellow(`! not rolled back: ${tenant} stays on ${on}`);
      return style.green(`✓ success: ${tenant} is on ${on}`);
    case 'refused':
      return style.red(`✗ refused: ${tenant} was not touched${version === null ? '' : `, and stays on ${version}`}`);
    case 'rolled_back':
      return style.yellow(`↩ rolled back: ${tenant} is on ${on} again`);
    case 'cancelled':
      return style.yellow(`↩ cancelled: ${tenant} is on ${on}`);
    default:
      return style.red(
        `✗ ${status}: ${tenant} is on ${on}${failure?.needs_operator === true ? ', and needs an operator' : ''}`,
      );
  }
}

function renderFailure({ failure }: Result, style: Style): string[] {
  if (failure === null) return [];
  const { step, message, hint, output_tail: tail } = failure;
  return [
    ...(step === null ? [] : [`  failed at ${step}:`]),
    indent(showSafely(message), '  '),
    ...(tail === '' ? [] : [indent(showSafely(tail), `    ${style.dim('│')} `)]),
    ...(hint === undefined || hint === '' ? [] : [style.bold(indent(showSafely(hint), '  '))]),
  ];
}

/** Several lines, without the end of the last one. */
export function renderSummary(result: Result, { style, logCommand }: { style: Style; logCommand: string }): string {
  const { hooks_executed: hooks, migrations_run: migrations, backup_path: backup, warnings } = result;
  const rows = [
    ['downtime', result.steps.length === 0 ? '' : showMs(result.downtime_ms)],
    ['backup', backup ?? ''],
    ...hooks.map((hook, index) => [index === 0 ? 'hooks' : '', hook]),
    ...migrations.map((migration, index) => [index === 0 ? 'migrations' : '', migration]),
    ['warnings', warnings.length === 0 ? '' : String(warnings.length)],
    ['log', logCommand],
  ].filter(([, text]) => text !== '');
  return [
    style.bold(renderHeadline(result, style)),
    ...renderFailure(result, style),
    ...alignColumns(rows).map((row) => `  ${showSafely(row)}`),
  ].join('\n');
}
