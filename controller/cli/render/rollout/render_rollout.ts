// A rollout as one screen: how far it is, its waves, who needs an operator, what failed, and what runs.
import { showTime } from '../../../../shared/os/clock.js';
import { alignColumns, showHash, showMs, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { Rollout } from '../../../../shared/wire/rollouts_api.js';
import type { RolloutFrame } from '../../rollout/read_frame.js';
import { renderNeeds, renderRunning } from './render_targets_now.js';
import { renderWayOut } from './render_way_out.js';
import { renderWaves } from './render_waves.js';
import { countSettled, renderCounts, renderState, showCause, showLeft, showNames } from './rollout_words.js';

export interface FrameLook {
  /** Without a height all is shown. */
  screen: Pick<Screen, 'style' | 'width' | 'height'>;
  now: Date;
  /** The line at the bottom, if any. */
  footer?: string;
}

const barWidth = 10;

/** Several lines, without the end of the last one. What runs is cut to the height. */
export function renderRollout(frame: RolloutFrame, { screen, now, footer }: FrameLook): string {
  const { rollout } = frame;
  const { style, width, height } = screen;
  const bottom = footer === undefined ? [] : ['', `  ${style.dim(showSafely(footer))}`];
  const above = [
    ...renderHead(rollout, style, now),
    ...renderWhy(rollout, style),
    // A screen that is redrawn has keys.
    ...(height === null ? renderWayOut(rollout) : []),
    '',
    ...renderWaves(rollout, { style, width, isShort: height !== null }),
    ...renderNeeds(frame, { style, width }),
    ...renderFailures(rollout, { style, isShort: height !== null }),
    ...renderUnapproved(rollout, style),
  ];
  const most = height === null ? null : Math.max(1, height - 1 - bottom.length);
  const room = most === null ? null : most - above.length;
  const lines = [...above, ...renderRunning(frame, { style, width, now, room })];
  // The line at the bottom is there however low the terminal is.
  return [...(most === null ? lines : lines.slice(0, most)), ...bottom].join('\n');
}

function renderHead(rollout: Rollout, style: Style, now: Date): string[] {
  const {
    id,
    version,
    commit,
    where,
    counts,
    budget,
    settings,
    created_at: at,
    created_by: by,
    wave_list: waves,
    wave,
  } = rollout;
  const settled = countSettled(counts);
  const filled = counts.total === 0 ? 0 : Math.floor((barWidth * settled) / counts.total);
  const left = showLeft(rollout.estimated_end, now);
  const head = [`rollout ${style.bold(id)}`, `→ ${style.bold(showSafely(version))} (${showHash(commit)})`];
  const about = `for ${where ?? 'all tenants'}, started ${showTime(at)} by ${by}`;
  const state = [
    renderState(rollout, style),
    ...(waves.length === 0 ? [] : [`wave ${wave + 1}/${waves.length}`]),
    `${'▓'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${settled}/${counts.total}`,
    ...(left === null ? [] : [left]),
  ];
  const limits = `halts at ${budget.limit} ${budget.limit === 1 ? 'failure' : 'failures'} (${budget.counted} so far)`;
  const slots = `at most ${settings.max_parallel} at once, ${settings.per_host} per host`;
  return [
    head.join('  '),
    `  ${style.dim(showSafely(about))}`,
    `  ${state.join('  ')}`,
    `  ${renderCounts(counts, style)}`,
    `  ${style.dim(`${limits}; ${slots}${settings.soak_s === 0 ? '' : `; waves soak ${showMs(settings.soak_s * 1000)}`}`)}`,
  ];
}

/** Why it does not go on by itself, and what it waits for. */
function renderWhy(rollout: Rollout, style: Style): string[] {
  const { why, state, next_opening: opening, canary_misses: misses, ended_at: endedAt } = rollout;
  const colour = state === 'halted' || state === 'aborted' ? style.red : style.yellow;
  return [
    ...(why === null ? [] : [`  ${colour(showSafely(why))}`]),
    ...(opening === null || endedAt !== null
      ? []
      : [`  ${style.yellow(`no window is open: the next one opens ${opening.slice(0, 16).replace('T', ' ')} UTC`)}`]),
    ...(misses.length === 0
      ? []
      : [
          `  ${style.dim(`the canary does not cover ${showSafely(misses.slice(0, 3).join('; '))}${misses.length > 3 ? ` … ${misses.length - 3} more` : ''}`)}`,
        ]),
  ];
}

function renderFailures({ failures }: Rollout, { style, isShort }: { style: Style; isShort: boolean }): string[] {
  if (failures.length === 0) return [];
  const tenants = failures.reduce((sum, one) => sum + one.tenants, 0);
  const causes = failures.length === 1 ? 'one cause' : `${failures.length} causes`;
  const rows = failures.flatMap((one) => [
    `  ${style.red(showCause(one))}`,
    ...one.output.slice(isShort ? -1 : 0).map((line) => `    ${style.dim('│')} ${showSafely(line)}`),
    `    ${showNames(one.examples, one.tenants)}   drover logs ${showSafely(one.examples[0] ?? '')}`,
  ]);
  return ['', `  ${style.bold(`FAILED (${tenants}, ${causes})`)}`, ...rows];
}

function renderUnapproved({ id, unapproved }: Rollout, style: Style): string[] {
  if (unapproved.length === 0) return [];
  const rows = unapproved.map((one) => {
    const digits = one.plan_class.slice(0, 8);
    const blocked =
      one.blockers.length === 0 ? '' : `blocked (${showSafely(one.blockers.join(', '))}): mend that, then `;
    return [
      `  ${digits}`,
      showNames(one.examples, one.tenants),
      `${blocked}drover rollout approve ${id} --plan ${digits}`,
    ];
  });
  return ['', `  ${style.bold('PLANS THAT NOBODY HAS APPROVED')}`, ...alignColumns(rows)];
}
