// The tenants of a rollout as a matrix: a line each, with a column for every step.
import { stepNames } from '../../../../shared/model/step_names.js';
import { alignColumns, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { Target } from '../../../../shared/wire/rollouts_api.js';
import { firstLine, renderStage } from './rollout_words.js';

/** Several lines, without the end of the last one. */
export function renderTargets(targets: readonly Target[], { style, width }: Pick<Screen, 'style' | 'width'>): string {
  if (targets.length === 0) return 'No tenant of it is so.';
  const rows = targets.map((target) => [
    style.bold(showSafely(target.slug)),
    target.wave === null ? '–' : String(target.wave + 1),
    renderSteps(target, style),
    renderStage(target, style),
    showSafely(target.host),
    target.attempt > 1 ? String(target.attempt) : '',
    explain(target),
  ]);
  const head = ['TENANT', 'WAVE', 'STEPS', 'STATE', 'HOST', 'ATTEMPT', ''];
  const last = stepNames.length;
  return [
    ...alignColumns([head, ...rows], width),
    style.dim(
      `STEPS 1 ${stepNames[0]} to ${last} ${stepNames[last - 1] ?? ''}: ✓ done, ▸ runs, ✗ failed, ↩ undone, · not begun`,
    ),
  ].join('\n');
}

/** A character for each step. */
function renderSteps({ steps, stage }: Target, style: Style): string {
  const known = new Map(steps.map(({ name, status }) => [name, status]));
  return stepNames
    .map((name) => {
      const status = known.get(name);
      if (status === undefined) return '·';
      if (status === 'ok' || status === 'success') return style.green('✓');
      if (status === 'undone') return style.dim('↩');
      return stage === 'running' && status === 'running' ? style.cyan('▸') : style.red('✗');
    })
    .join('');
}

/** Why it waits, or what its last attempt said. */
function explain({ waits, message, outcome, stage }: Target): string {
  if (waits !== null) {
    return firstLine(`${waits.text}${waits.until === null ? '' : `, until ${waits.until.slice(0, 16)}`}`);
  }
  return outcome === 'success' || stage === 'skipped' ? '' : firstLine(message);
}
