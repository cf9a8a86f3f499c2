// Decides what a rollout does now. Pure: the same rollout, fleet and time give the same actions, so a controller that restarts
// at any moment goes on as if it had not.
import type { RolloutActions, RolloutNow } from '../../store/rollouts.js';
import { countTargets } from './count_targets.js';
import { decideBack } from './decide_back.js';
import type { Decision } from './decision.js';
import { estimateEnd } from './estimate.js';
import type { FleetNow } from './fleet_now.js';
import { judgeTargets, type Judged } from './judge_targets.js';
import { createMoments, type Moments } from './moments.js';
import { findHalt, tally as tallyTargets } from './tally.js';
import { findWaves, nameOf, whyNotPassed, type WavesNow } from './waves.js';

/** The targets may come in any order; those that come first start first. */
export function decide(now: RolloutNow, fleet: FleetNow, at: string): Decision {
  const { rollout } = now;
  const moments = createMoments(at);
  const tally = tallyTargets(now, fleet, at);
  moments.add(tally.nextUnreachableAt);
  moments.add(now.next_freeze_at);
  if (rollout.direction === 'back') return decideBack({ now, fleet, tally, moments, at });

  const halt = rollout.state === 'running' ? findHalt(tally, rollout) : null;
  const isRunning = rollout.state === 'running' && halt === null;
  const waves = openNext(now, { at, isRunning });
  const judged = judgeTargets({ now, fleet, tally, waves, at, isRunning, moments });
  const passing = passWaves({ now, judged, waves, at, isRunning, moments });
  const becomes = findEnd(now, { halt, judged, active: tally.active, stuck: passing.stuck });
  const { starts, withdrawals, settled, waits } = judged;
  const opened = waves.opened.map((no) => ({ no, opened_at: at }));
  const passed = passing.passed.map((no) => ({ no, passed_at: at }));
  // What was done may allow more at once.
  if (passed.length + settled.length > 0) moments.add(at);
  return {
    actions: {
      starts,
      rollbacks: [],
      withdrawals,
      settled,
      waves: [...opened, ...passed],
      becomes,
      counts: countTargets(now, tally, waits),
      estimated_end: estimateEnd(now, at),
    },
    waits,
    unreachable: tally.unreachable,
    waveWaits: passing.waits,
    nextAt: moments.next(),
  };
}

interface OpenedWaves extends WavesNow {
  opened: number[];
}

/** Opens the next wave where nothing holds it. */
function openNext(now: RolloutNow, { at, isRunning }: { at: string; isRunning: boolean }): OpenedWaves {
  const waves = findWaves(now, at);
  if (!isRunning || !waves.hasNext || waves.holds !== null) return { ...waves, opened: [] };
  const no = waves.last + 1;
  const opened = now.rollout.waves.map((wave) => (wave.no === no ? { ...wave, opened_at: at } : wave));
  return { ...findWaves({ rollout: { ...now.rollout, waves: opened } }, at), opened: [no] };
}

interface Passing {
  now: RolloutNow;
  judged: Judged;
  waves: OpenedWaves;
  at: string;
  isRunning: boolean;
  moments: Moments;
}

/** The open waves that pass now, what holds the others, and why the last open one can never pass by itself. */
function passWaves({ now: { rollout }, judged, waves, at, isRunning, moments }: Passing) {
  const passed: number[] = [];
  const waits = new Map<number, string>();
  let stuck: string | null = null;
  for (const wave of rollout.waves) {
    const own = judged.waves[wave.no];
    if (own === undefined || wave.no > waves.last || wave.passed_at !== null) continue;
    const deadline = rollout.settings.wave_deadline_s;
    const openedMs = Date.parse(wave.opened_at ?? at);
    const deadlineAt = deadline === null ? null : new Date(openedMs + deadline * 1000).toISOString();
    moments.add(deadlineAt);
    const why = whyNotPassed(own, deadlineAt !== null && deadlineAt <= at);
    if (why === null && isRunning) passed.push(wave.no);
    if (why === null) continue;
    waits.set(wave.no, why);
    const isOver = own.active + own.coming + own.held === 0;
    const hasNext = wave.no < rollout.waves.length - 1;
    if (isOver && hasNext && wave.no === waves.last) stuck = `${nameOf(wave)} cannot pass: ${why}`;
  }
  if (waves.holds !== null && passed.length === 0) waits.set(waves.last + 1, waves.holds.text);
  return { passed, waits, stuck };
}

interface EndOptions {
  halt: string | null;
  judged: Judged;
  active: number;
  stuck: string | null;
}

/** What the rollout becomes, or null. */
function findEnd({ rollout }: RolloutNow, { halt, judged, active, stuck }: EndOptions): RolloutActions['becomes'] {
  if (rollout.state === 'aborting') return active === 0 ? { state: 'aborted', why: rollout.why } : null;
  if (halt !== null) return { state: 'halted', why: halt };
  if (rollout.state !== 'running') return null;
  if (judged.unsettled === 0) return { state: 'done', why: null };
  if (stuck === null) return null;
  const { id } = rollout;
  const wayOut = `\`drover rollout retry ${id}\` or \`drover rollout approve ${id} --next-wave\`, then \`drover rollout resume ${id}\``;
  return { state: 'halted', why: `${stuck}: ${wayOut}` };
}
