// A list of rollouts for people, a line each, then why one does not go on.
import { showTime } from '../../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../../shared/terminal/screen/screen.js';
import type { RolloutSummary } from '../../../../shared/wire/rollouts_api.js';
import { countSettled, renderState } from './rollout_words.js';

/** Several lines, without the end of the last one. */
export function renderRollouts(
  rollouts: readonly RolloutSummary[],
  { style, width }: Pick<Screen, 'style' | 'width'>,
): string {
  if (rollouts.length === 0) {
    return 'There is no rollout yet.\n`drover rollout plan` shows what one would do; `drover rollout start` starts one.';
  }
  const head = ['ID', 'VERSION', 'STATE', 'TENANTS', 'OK', 'FAIL', 'WAVE', 'STARTED', 'BY', 'WHERE'];
  const rows = rollouts.map((rollout) => {
    const { id, version, counts, budget, wave, waves, created_at: at, created_by: by, where } = rollout;
    return [
      style.bold(id),
      showSafely(version),
      renderState(rollout, style),
      `${countSettled(counts)}/${counts.total}`,
      String(counts.succeeded),
      budget.counted === 0 ? '0' : style.red(`${budget.counted} of ${budget.limit}`),
      waves === 0 ? '–' : `${wave + 1}/${waves}`,
      showTime(at),
      showSafely(by),
      showSafely(where ?? 'all tenants'),
    ];
  });
  const reasons = rollouts.flatMap(({ id, why, ended_at: endedAt }) =>
    why === null || endedAt !== null ? [] : ['', `${style.bold(id)}: ${showSafely(why)}`],
  );
  return [...alignColumns([head, ...rows], width), ...reasons].join('\n');
}
