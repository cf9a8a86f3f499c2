// Freezes for people: a line each, then what is let through.
import { showTime } from '../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../shared/terminal/screen/style.js';
import type { Freeze } from '../../../shared/wire/freezes_api.js';

const stateOf = ({ state }: Freeze, style: Style) => (state === 'active' ? style.yellow(state) : state);

/** Several lines, without the end of the last one. Times are UTC. */
export function renderFreezes(freezes: readonly Freeze[], { style, width }: Pick<Screen, 'style' | 'width'>): string {
  if (freezes.length === 0) return 'There is no freeze. `drover freeze start NAME --reason TEXT` starts one.';
  const rows = freezes.map((freeze) => [
    style.bold(showSafely(freeze.name)),
    stateOf(freeze, style),
    showTime(freeze.begins_at),
    freeze.ends_at === null ? 'until somebody ends it' : showTime(freeze.ends_at),
    showSafely(freeze.created_by),
    showSafely(freeze.where ?? 'the whole fleet'),
    showSafely(freeze.why ?? ''),
  ]);
  const exceptions = freezes.flatMap(({ name, exceptions, state }) =>
    exceptions.length === 0 || state === 'ended'
      ? []
      : ['', `${style.bold(showSafely(name))} lets through`, ...listOf(exceptions)],
  );
  return [
    ...alignColumns([['NAME', 'STATE', 'FROM', 'UNTIL', 'BY', 'WHERE', 'WHY'], ...rows], width),
    ...exceptions,
  ].join('\n');
}

const listOf = (exceptions: Freeze['exceptions']) =>
  alignColumns(
    exceptions.map(({ slug, why, by, at }) => [`  ${showSafely(slug)}`, showSafely(by), showTime(at), showSafely(why)]),
  );

/** One line on what a freeze does now. */
export function describeFreeze({ name, where, state, begins_at: from, ends_at: until, zone }: Freeze): string {
  const which = where === null ? 'the whole fleet' : showSafely(where);
  const end = until === null ? `until \`drover freeze end ${name}\`` : `until ${showTime(until)} UTC`;
  const also = zone === 'UTC' ? '' : ` (times were given in ${zone})`;
  if (state === 'ended') return `The freeze ${name} of ${which} has ended.`;
  if (state === 'planned') {
    return `The freeze ${name} of ${which} begins at ${showTime(from)} UTC, and holds ${end}${also}.`;
  }
  return `The freeze ${name} holds ${which} ${end}${also}: no upgrade starts. What runs goes on; cancel, resume and rollback work.`;
}
