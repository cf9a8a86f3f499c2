// What people change of a rollout: each is a pure function of the rollout as it is, and answers the change or the refusal.
import { AppError } from '../../shared/errors.js';
import { describeSignature } from '../../shared/model/failure_signature.js';
import { countedOutcomes, sizeOfShare } from '../../shared/model/rollout.js';
import type { ApproveBody, Retried, RetryBody } from '../../shared/wire/rollouts_api.js';
import type { RolloutChange, RolloutNow, StoredRollout, StoredTarget } from '../store/rollouts.js';
import { findByPrefix } from './start/find_class.js';
import { findWorst, isActive, isCounted } from './decide/tally.js';
import { hasSucceeded } from './decide/waves.js';

/** Who asks, for the sentence that says why. */
export interface Asking {
  name: string;
  reason: string | null;
  at: string;
}

type Changed = RolloutChange | AppError;

const whyOf = (what: string, { name, reason }: Asking) => `${what} by ${name}${reason === null ? '' : `: ${reason}`}`;

/** AppError `has-ended`, or null. */
export function refuseEnded({ id, state, ended_at: endedAt }: StoredRollout): AppError | null {
  if (endedAt === null && state !== 'aborting') return null;
  const what = endedAt === null ? 'is being aborted' : `has ended (${state})`;
  return new AppError('has-ended', `the rollout ${id} ${what}`, {
    hint: 'Start another one for the tenants that are left: `drover rollout start`.',
  });
}

/** AppError `busy` for one that goes back, or null: nothing of it is upgraded any more. */
function refuseBack({ id, direction }: StoredRollout): AppError | null {
  if (direction === 'forward') return null;
  return new AppError('busy', `the rollout ${id} is being rolled back`, {
    hint: 'Start another one for the tenants that are to be upgraded: `drover rollout start`.',
  });
}

/** Starts nothing more until it is resumed. */
export function pause({ rollout }: RolloutNow, asking: Asking): Changed {
  const ended = refuseEnded(rollout);
  if (ended !== null) return ended;
  if (rollout.state === 'running') return { state: 'paused', why: whyOf('paused', asking) };
  return new AppError('nothing-to-do', `the rollout ${rollout.id} is ${rollout.state} already`);
}

/** Ends it, once what runs has ended. */
export function abort({ rollout }: RolloutNow, asking: Asking): Changed {
  return refuseEnded(rollout) ?? { state: 'aborting', why: whyOf('aborted', asking) };
}

/** A halt for failures ends with a retry, a waiver or a larger budget: `counted` are those that count now. */
export function resume(
  now: RolloutNow,
  { failures, counted }: { failures: string | undefined; counted: number },
): Changed {
  const { rollout, targets } = now;
  const ended = refuseEnded(rollout);
  if (ended !== null) return ended;
  const total = targets.filter(({ wave }) => wave !== null).length;
  const budget = failures === undefined ? rollout.budget : sizeOfShare(failures, total);
  // What goes back does not halt for failures.
  if (rollout.direction === 'forward') {
    const hint = `\`drover rollout retry ${rollout.id}\` tries them again, \`drover rollout waive ${rollout.id} TENANT\` leaves one out, \`drover rollout resume ${rollout.id} --failures ${Math.max(budget, counted + 1)}\` allows more.`;
    if (counted >= budget) {
      return new AppError(
        'unresolved',
        `the rollout ${rollout.id} has ${counted} ${counted === 1 ? 'failure' : 'failures'}, and halts at ${budget}`,
        {
          hint,
        },
      );
    }
    const worst = findWorst(targets.filter(isCounted));
    if (rollout.state === 'halted' && failures === undefined && (worst?.targets ?? 0) >= rollout.settings.repeats) {
      const what = `${worst?.targets ?? 0} tenants of the rollout ${rollout.id} failed in the same way`;
      return new AppError('unresolved', `${what} (${describeSignature(worst?.signature ?? '')})`, { hint });
    }
  }
  if (rollout.state === 'running' && failures === undefined) {
    return new AppError('nothing-to-do', `the rollout ${rollout.id} runs already`);
  }
  return { state: 'running', why: null, budget };
}

/** Outcomes that a retry takes when no tenant is named: what failed, and what never started. */
const retriedOutcomes: readonly string[] = [
  ...countedOutcomes.filter((one) => one !== 'needs_operator'),
  'cancelled',
  'expired',
];

/** Which targets a retry would take, and which it must not take before somebody says that it is fixed. */
export function findRetried({ targets }: RolloutNow, { tenants, fixed }: RetryBody): Retried {
  const named = new Set(tenants);
  const wanted = targets.filter(({ slug, stage, outcome }) => {
    if (named.size > 0 && !named.has(slug)) return false;
    const mayRetry = named.size > 0 ? outcome !== 'success' : retriedOutcomes.includes(outcome ?? '');
    return stage === 'ended' && mayRetry;
  });
  // One that waits because of a failure of before is freed by `fixed`, too.
  const waiting = targets.filter(({ slug, stage, failed_before: before }) => {
    return stage === 'waiting' && before !== null && fixed && (named.size === 0 || named.has(slug));
  });
  const isHeld = ({ failed_before: before }: StoredTarget) => before !== null && !fixed;
  return {
    retried: [...wanted.filter((target) => !isHeld(target)), ...waiting].map(({ slug }) => slug),
    held: wanted.filter(isHeld).map(({ slug, failed_before: before }) => ({ slug, signature: before ?? '' })),
  };
}

/** Why nothing of it can be tried again, whatever has failed; or null. */
export function refuseRetry(now: RolloutNow, { tenants }: Pick<RetryBody, 'tenants'>): AppError | null {
  return refuseEnded(now.rollout) ?? refuseBack(now.rollout) ?? requireTargets(now, tenants);
}

/** Tries again what failed or never started. */
export function retry(now: RolloutNow, body: RetryBody): Changed {
  const refusal = refuseRetry(now, body);
  if (refusal !== null) return refusal;
  const { retried, held } = findRetried(now, body);
  if (retried.length > 0) return { retry: retried, ...(body.fixed ? { fixed: retried } : {}) };
  const [first] = held;
  if (first === undefined) {
    return new AppError('nothing-to-do', `nothing of the rollout ${now.rollout.id} is to be tried again`);
  }
  const which = held.length === 1 ? first.slug : `${first.slug} and ${held.length - 1} more`;
  return new AppError('unresolved', `${which} failed at this very commit (${describeSignature(first.signature)})`, {
    hint: `Once what made it fail is mended: \`drover rollout retry ${now.rollout.id} --fixed\`.`,
  });
}

/** Leaves tenants out: they no longer count. The hosts of the unreachable may still upgrade theirs. */
export function waive(
  now: RolloutNow,
  { tenants, unreachable }: { tenants: readonly string[]; unreachable: Pick<ReadonlySet<string>, 'has'> },
): Changed {
  const ended = refuseEnded(now.rollout) ?? requireTargets(now, tenants);
  if (ended !== null) return ended;
  const named = new Set(tenants);
  const busy = now.targets.find((target) => {
    return named.has(target.slug) && isActive(target) && !unreachable.has(target.slug);
  });
  const done = now.targets.find((target) => named.has(target.slug) && hasSucceeded(target));
  if (done !== undefined && now.rollout.direction === 'forward') {
    return new AppError('nothing-to-do', `${done.slug} has been upgraded: it does not count as a failure`);
  }
  if (busy === undefined) return { waive: tenants };
  return new AppError('busy', `${busy.slug} is being upgraded`, {
    hint: `Cancel that first: \`drover cancel ${busy.slug}\`. Where its host is away it can be waived once it is unreachable.`,
  });
}

/** Lets plans run that were not approved, or the next wave open. */
export function approve(now: RolloutNow, { plan_classes: prefixes, next_wave: nextWave }: ApproveBody): Changed {
  const { rollout, targets } = now;
  const ended = refuseEnded(rollout);
  if (ended !== null) return ended;
  if (prefixes.length > 0 && rollout.approved === null) {
    return new AppError('invalid', `the rollout ${rollout.id} was started without a fleet plan: every plan runs`);
  }
  const known = [...new Set(targets.flatMap(({ plan_class: own }) => (own === null ? [] : [own])))];
  const approved = prefixes.map((prefix) => findByPrefix(known, prefix));
  const wrong = approved.find((one) => one instanceof AppError);
  if (wrong instanceof AppError) return wrong;
  const next = rollout.waves.find(({ opened_at: openedAt }) => openedAt === null);
  if (nextWave && next === undefined) {
    return new AppError('nothing-to-do', `all waves of the rollout ${rollout.id} are open`);
  }
  if (!nextWave && prefixes.length === 0) {
    return new AppError('invalid', 'nothing was named to approve', { hint: 'Name plan classes, or the next wave.' });
  }
  return {
    approve: approved.filter((one) => typeof one === 'string'),
    ...(nextWave && next !== undefined ? { approve_wave: next.no } : {}),
  };
}

/** Rolls back what it has upgraded, also once it has ended. */
export function rollBack({ rollout, targets, latest }: RolloutNow, asking: Asking): Changed {
  if (rollout.direction === 'back' && rollout.ended_at === null) {
    return new AppError('nothing-to-do', `the rollout ${rollout.id} is being rolled back already`);
  }
  if (!targets.some((target) => hasSucceeded(target) && latest.has(target.slug))) {
    return new AppError('nothing-to-do', `no tenant has an upgrade of the rollout ${rollout.id} as its latest one`);
  }
  // What a host refused before may be allowed by now.
  const again = targets.filter(({ rollback }) => rollback === 'failed').map(({ slug }) => slug);
  return { direction: 'back', state: 'running', why: whyOf('rolled back', asking), roll_back_again: again };
}

/** AppError `invalid` for a name that is no target, or null. */
function requireTargets({ rollout, targets }: RolloutNow, named: readonly string[]): AppError | null {
  const known = new Set(targets.map(({ slug }) => slug));
  const foreign = named.find((slug) => !known.has(slug));
  if (foreign === undefined) return null;
  return new AppError('invalid', `${foreign} is no tenant of the rollout ${rollout.id}`, {
    hint: `\`drover rollout show ${rollout.id} --targets\` lists them.`,
  });
}
