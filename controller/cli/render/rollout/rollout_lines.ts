// A rollout for a pipe or a file: a line for each change, the date in the first one.
import { showHash, showSafely } from '../../../../shared/terminal/screen/format.js';
import { createStyle } from '../../../../shared/terminal/screen/style.js';
import type { Rollout } from '../../../../shared/wire/rollouts_api.js';
import { renderCounts, renderState, showCause, showNames } from './rollout_words.js';

export interface RolloutLines {
  /** The lines that are new, without ends. */
  next(rollout: Rollout, now: Date): string[];
}

const style = createStyle(false);

/** For one rollout, from its first look on. */
export function createRolloutLines(): RolloutLines {
  let before: Rollout | null = null;
  return {
    next(rollout, now) {
      const at = now.toISOString();
      const lines = describeChanges(before, rollout).map((text) => `${at.slice(11, 19)} ${text}`);
      const head = before === null ? [describeRollout(rollout, at)] : [];
      before = rollout;
      return [...head, ...lines];
    },
  };
}

function describeRollout({ id, version, commit, where, counts, waves }: Rollout, at: string): string {
  const size = `${counts.total} tenants in ${waves} ${waves === 1 ? 'wave' : 'waves'}`;
  return showSafely(
    `${at.slice(0, 10)} rollout ${id} -> ${version} (${showHash(commit)}) for ${where ?? 'all tenants'}: ${size}`,
  );
}

function describeChanges(before: Rollout | null, now: Rollout): string[] {
  const wasPassed = new Set(before?.wave_list.flatMap(({ no, passed_at: at }) => (at === null ? [] : [no])));
  const passed = now.wave_list.filter(
    ({ no, passed_at: at }) => at !== null && !wasPassed.has(no) && now.direction === 'forward',
  );
  const known = new Map(before?.failures.map(({ signature, tenants }) => [signature, tenants]));
  const failures = now.failures.filter(({ signature, tenants }) => tenants > (known.get(signature) ?? 0));
  const counts = renderCounts(now.counts, style);
  const hasMoved = before === null || counts !== renderCounts(before.counts, style) || before.wave !== now.wave;
  const hasTurned = before?.state !== now.state || before.direction !== now.direction;
  // Waves are for what goes forward.
  const isBack = now.direction === 'back';
  const wave = now.waves === 0 || isBack ? '' : `[wave ${now.wave + 1}/${now.waves}] `;
  const moves = hasMoved ? [`${wave}${counts}`] : [];
  const passes = passed.map(
    ({ no, name, tenants, succeeded }) =>
      `[wave ${no + 1}/${now.waves}] ${showSafely(name)} passed: ${succeeded} of ${tenants} ok`,
  );
  return [
    ...failures.map((one) => `${one.tenants} failed: ${showCause(one)} (${showNames(one.examples, one.tenants)})`),
    // A wave passes after its last tenant has ended, and before another one opens.
    ...(before?.wave === now.wave ? [...moves, ...passes] : [...passes, ...moves]),
    ...(hasTurned ? [describeState(now)] : []),
  ];
}

/** `halted: 2 failures, …`; why it was paused or aborted says that it was. */
function describeState(now: Rollout): string {
  const state = renderState(now, style);
  if (now.why === null) return state;
  return now.why.startsWith(`${state} `) ? showSafely(now.why) : `${state}: ${showSafely(now.why)}`;
}
