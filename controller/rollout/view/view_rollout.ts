// Rollouts and their targets as the API shows them.
import type { FailureGroup, Rollout, RolloutSummary, Target } from '../../../shared/wire/rollouts_api.js';

import type { RolloutNow, StoredRollout, StoredTarget, TargetDetail } from '../../store/rollouts.js';
import { noCounts } from '../decide/count_targets.js';
import type { Decision } from '../decide/decision.js';
import { isCounted } from '../decide/tally.js';
import { hasSucceeded } from '../decide/waves.js';
import { openingAt } from '../windows.js';

const maxExamples = 10;

/** For lists: with the counts of the last step. */
export function summarizeRollout(rollout: StoredRollout, counts = rollout.counts): RolloutSummary {
  const { id, version, commit, where, state, direction, created_at, created_by, ended_at, why, waves, budget } =
    rollout;
  const open = waves.findLastIndex(({ opened_at: openedAt }) => openedAt !== null);
  const shown = counts ?? noCounts;
  return {
    id,
    version,
    commit,
    where,
    state,
    direction,
    created_at,
    created_by,
    ended_at,
    why,
    counts: shown,
    budget: { counted: shown.counted, limit: budget },
    wave: Math.max(0, open),
    waves: waves.length,
    estimated_end: rollout.estimated_end,
  };
}

/** With its waves, failures and unapproved plans, over the targets of `now`. */
export function viewRollout(now: RolloutNow, decision: Decision, at: string): Rollout {
  const { rollout, targets } = now;
  const { counts, estimated_end } = decision.actions;
  const { isOpen, until } = openingAt(rollout.settings.windows, at);
  return {
    ...summarizeRollout({ ...rollout, estimated_end }, counts),
    settings: rollout.settings,
    plan: rollout.plan,
    approved: rollout.approved === null ? null : [...rollout.approved],
    canary_misses: [...rollout.canary_misses],
    wave_list: viewWaves(now, decision, at),
    failures: groupFailures(targets),
    unapproved: findUnapproved(now),
    next_opening: isOpen ? null : until,
  };
}

function viewWaves(
  { rollout, targets }: RolloutNow,
  { waveWaits, actions }: Decision,
  at: string,
): Rollout['wave_list'] {
  const opening = new Set(actions.waves.filter((wave) => wave.opened_at !== undefined).map(({ no }) => no));
  return rollout.waves.map(({ no, name, opened_at, passed_at }) => {
    const own = targets.filter(({ wave }) => wave === no);
    const next = rollout.waves[no + 1];
    const soakedMs = passed_at === null ? 0 : Date.parse(passed_at) + rollout.settings.soak_s * 1000;
    // One that waits for an approval does not soak any more.
    const isSoaking = next !== undefined && next.opened_at === null && soakedMs > Date.parse(at);
    return {
      no,
      name,
      tenants: own.length,
      succeeded: own.filter(hasSucceeded).length,
      failed: own.filter(isCounted).length,
      state: opened_at === null ? 'waiting' : passed_at === null ? 'open' : isSoaking ? 'soaking' : 'passed',
      opened_at,
      passed_at,
      // One that opens right now waits for nothing.
      waits: opening.has(no) ? null : (waveWaits.get(no) ?? null),
    };
  });
}

const part = (text: string) => (text === '-' ? null : text);

/** The parts of `step | hook | message`; `-` stands for none. */
function splitSignature(signature: string): Pick<FailureGroup, 'step' | 'hook' | 'message'> {
  const [step = '-', hook = '-', ...message] = signature.split(' | ');
  return { step: part(step), hook: part(hook), message: message.join(' | ') };
}

/** The largest group first. */
function groupFailures(targets: readonly StoredTarget[]): FailureGroup[] {
  const groups = new Map<string, StoredTarget[]>();
  for (const target of targets) {
    if (!isCounted(target) || target.signature === null) continue;
    const own = groups.get(target.signature) ?? [];
    groups.set(target.signature, own);
    own.push(target);
  }
  return [...groups]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([signature, own]) => ({
      signature,
      ...splitSignature(signature),
      output: [],
      tenants: own.length,
      examples: own.slice(0, maxExamples).map(({ slug }) => slug),
      is_fixed: own.every(({ failed_before: before }) => before === null),
    }));
}

function findUnapproved({ rollout, targets }: RolloutNow): Rollout['unapproved'] {
  if (rollout.approved === null) return [];
  const approved = new Set(rollout.approved);
  const groups = new Map<string, string[]>();
  for (const { slug, plan_class: own, stage, outcome } of targets) {
    const isOpen = stage === 'waiting' || (stage === 'ended' && outcome === 'plan_changed');
    if (own === null || approved.has(own) || !isOpen) continue;
    groups.set(own, [...(groups.get(own) ?? []), slug]);
  }
  return [...groups].map(([planClass, slugs]) => ({
    plan_class: planClass,
    tenants: slugs.length,
    examples: slugs.slice(0, maxExamples),
    blockers: [],
  }));
}

/** A target with the reason why it does not start now. */
export function viewTarget(target: StoredTarget & TargetDetail, decision: Decision): Target {
  const { slug, host, wave, stage, outcome, attempt, upgrade, version, plan_class, signature } = target;
  const { step, message, steps, began_at, ended_at } = target;
  return {
    slug,
    host,
    wave,
    stage,
    outcome,
    attempt,
    upgrade,
    version,
    plan_class,
    step,
    steps,
    message,
    signature,
    started_at: began_at,
    finished_at: ended_at,
    waits: decision.waits.get(slug) ?? null,
    is_unreachable: decision.unreachable.has(slug),
  };
}
