// A rollout and its tenants in words: states, counts, causes.
import { showMs, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type {
  FailureGroup,
  FleetPlan,
  Rollout,
  RolloutCounts,
  RolloutSummary,
  Target,
} from '../../../../shared/wire/rollouts_api.js';

type StyleName = keyof Style;

/** Tenants whose plans are the same. */
export type PlanClass = FleetPlan['classes'][number];

/** The counts that people read, in their order; zeros are left out. */
const counted: readonly [keyof RolloutCounts, string, StyleName | null][] = [
  ['succeeded', 'ok', 'green'],
  ['running', 'running', 'cyan'],
  ['offered', 'sent to hosts', null],
  ['failed', 'failed', 'red'],
  ['rolled_back', 'rolled back', 'yellow'],
  ['refused', 'refused', 'yellow'],
  ['needs_operator', 'needs you', 'red'],
  ['unreachable', 'unreachable', 'red'],
  ['waiting', 'waiting', null],
  ['offline', 'offline', 'yellow'],
  ['plan_changed', 'plan not approved', 'yellow'],
  ['cancelled', 'cancelled', null],
  ['expired', 'expired', 'yellow'],
  ['taken_back', 'taken back', null],
  ['skipped', 'skipped', null],
  ['waived', 'waived', null],
];

/** `ok 405  running 12  rolled back 3  waiting 376`. */
export function renderCounts(counts: RolloutCounts, style: Style): string {
  const shown = counted.flatMap(([key, name, colour]) => {
    if (counts[key] === 0) return [];
    return [`${colour === null ? name : style[colour](name)} ${counts[key]}`];
  });
  return shown.length === 0 ? 'no tenants' : shown.join('  ');
}

/** How many have ended, one way or the other. */
export const countSettled = ({ total, waiting, offered, running }: RolloutCounts) =>
  total - waiting - offered - running;

const stateStyles: Readonly<Record<Rollout['state'], StyleName>> = {
  running: 'cyan',
  paused: 'yellow',
  halted: 'red',
  aborting: 'yellow',
  aborted: 'red',
  done: 'green',
};

/** `halted`, `rolling back`. */
export function renderState({ state, direction }: Pick<RolloutSummary, 'state' | 'direction'>, style: Style): string {
  const back = direction === 'back';
  const text = back && state === 'running' ? 'rolling back' : back && state === 'done' ? 'rolled back' : state;
  return style[stateStyles[state]](text);
}

/** `about 41 min left`, `less than a minute left`; null where it is not known. */
export function showLeft(estimatedEnd: string | null, now: Date): string | null {
  if (estimatedEnd === null) return null;
  const leftMs = Date.parse(estimatedEnd) - now.getTime();
  if (leftMs < 60_000) return 'less than a minute left';
  const minutes = Math.round(leftMs / 60_000);
  return `about ${minutes < 60 ? `${minutes} min` : showMs(minutes * 60_000)} left`;
}

/** `anna, bert … 7 more`. */
export function showNames(names: readonly string[], total: number, most = 5): string {
  const shown = names.slice(0, most);
  const more = total - shown.length;
  return showSafely(`${shown.join(', ')}${more > 0 ? ` … ${more} more` : ''}`);
}

/** `migrate: duplicate column name: author`; a message that names step or hook itself stands alone. */
export function showCause({ step, hook, message, is_fixed: isFixed }: FailureGroup): string {
  const saysWhere = (hook !== null && message.includes(hook)) || (step !== null && message.startsWith(`${step}: `));
  const where = saysWhere ? '' : [step, hook].filter((part) => part !== null).join(' ');
  const said = isFixed ? ' (said to be fixed)' : '';
  return showSafely(`${where === '' ? '' : `${where}: `}${message.replaceAll('\n', ' ')}${said}`);
}

/** One word, or two, for how far a tenant is. */
export function renderStage({ stage, outcome, waits, is_unreachable: isUnreachable }: Target, style: Style): string {
  if (isUnreachable) return style.red('unreachable');
  if (stage === 'waiting') return waits === null ? 'waiting' : `waiting: ${waits.rule}`;
  if (stage === 'running') return style.cyan('running');
  if (stage === 'offered') return 'sent to its host';
  if (stage !== 'ended' || outcome === null) return stage;
  const words = outcome === 'success' ? 'ok' : outcome.replaceAll('_', ' ');
  if (outcome === 'success') return style.green(words);
  return outcome === 'cancelled' || outcome === 'taken_back' ? words : style.red(words);
}

/** The first line of a message. */
export const firstLine = (text: string | null) => showSafely((text ?? '').split('\n')[0] ?? '');
