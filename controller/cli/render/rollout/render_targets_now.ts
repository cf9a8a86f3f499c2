// Who runs now, and who needs an operator.
import { alignColumns, indent, showClock, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { RolloutFrame } from '../../rollout/read_frame.js';
import { firstLine } from './rollout_words.js';

interface Look {
  style: Style;
  width: number | null;
}

const mostNeeds = 8;

/** With the command that leads out. */
export function renderNeeds({ rollout, needsOperator }: RolloutFrame, { style, width }: Look): string[] {
  const total = rollout.counts.needs_operator;
  if (total === 0) return [];
  const rows = needsOperator
    .slice(0, mostNeeds)
    .map(({ slug, host, message }) => [
      style.bold(showSafely(slug)),
      showSafely(host),
      `drover resume ${showSafely(slug)}`,
      firstLine(message),
    ]);
  return [
    '',
    `  ${style.red(style.bold(`NEEDS YOU (${total})`))}`,
    ...table(rows, width),
    ...sayMore(total - rows.length),
  ];
}

/** As many as there is room for; all that are known where `room` is null. */
export function renderRunning(
  { rollout, running }: RolloutFrame,
  { style, width, now, room }: Look & { now: Date; room: number | null },
): string[] {
  const total = rollout.counts.running;
  if (total === 0 || running.length === 0) return [];
  const most = room === null ? running.length : Math.max(0, Math.min(running.length, room - 3));
  if (most === 0) return [];
  const isBack = rollout.direction === 'back';
  const rows = running
    .slice(0, most)
    .map(({ slug, host, step, started_at: startedAt, attempt, is_unreachable: isUnreachable }) => [
      style.bold(showSafely(slug)),
      showSafely(host),
      step ?? 'begins',
      // A rollback has begun later than the upgrade.
      startedAt === null || isBack ? '' : showClock(Math.max(0, now.getTime() - Date.parse(startedAt))),
      isUnreachable ? style.red('unreachable') : attempt > 1 ? `attempt ${attempt}` : '',
    ]);
  return ['', `  ${style.bold('RUNNING')}`, ...table(rows, width), ...sayMore(total - rows.length)];
}

const table = (rows: readonly (readonly string[])[], width: number | null) =>
  alignColumns(rows, width === null ? null : width - 2).map((line) => indent(line, '  '));

const sayMore = (more: number) => (more > 0 ? [`  … ${more} more`] : []);
