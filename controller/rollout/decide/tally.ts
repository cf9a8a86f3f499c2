// Counts the targets of a rollout: what failed, what runs, and which slots are taken.
import { describeSignature } from '../../../shared/model/failure_signature.js';
import { countedOutcomes, type RolloutSettings } from '../../../shared/model/rollout.js';
import type { RolloutNow, StoredTarget } from '../../store/rollouts.js';
import type { FleetNow, HostNow } from './fleet_now.js';

export interface Tally {
  /** Failures that the budget counts: by outcome, and the unreachable. */
  counted: number;
  /** The signature that most targets have failed with since the rollout was last resumed, and how many. */
  worst: { signature: string; targets: number } | null;
  /** Offered or running, or being rolled back, and not unreachable. */
  active: number;
  /** Of each host: what is offered or running there, of others too. */
  onHost: Map<string, number>;
  /**
   * Slugs of the offered or running targets whose hosts have been away, or have said nothing of them, for too long; and since
   * when that is too long, in milliseconds.
   */
  unreachable: Map<string, number>;
  /** When the next one becomes unreachable: ISO 8601, or null. */
  nextUnreachableAt: string | null;
}

/** True while its order is open: its host may run it. */
export const isActive = ({ stage }: StoredTarget) => stage === 'offered' || stage === 'running';

/** Counts once over all targets. */
export function tally(now: RolloutNow, fleet: FleetNow, at: string): Tally {
  const { targets, busy, rollout } = now;
  const atMs = Date.parse(at);
  const limitMs = rollout.settings.unreachable_after_s * 1000;
  const onHost = new Map(busy);
  const failed: StoredTarget[] = [];
  const unreachable = new Map<string, number>();
  let [counted, active, nextMs] = [0, 0, Infinity];
  for (const target of targets) {
    const { slug, host } = target;
    if (isActive(target) || target.rollback === 'open') {
      onHost.set(host, (onHost.get(host) ?? 0) + 1);
      const endMs = Math.min(findAwayEnd(fleet.host(host), limitMs), findSilentEnd(target, rollout.settings));
      if (endMs <= atMs) {
        unreachable.set(slug, endMs);
        counted += 1;
      } else {
        active += 1;
        nextMs = Math.min(nextMs, endMs);
      }
    } else if (isCounted(target)) {
      counted += 1;
      if ((target.ended_at ?? '') >= rollout.since) failed.push(target);
    }
  }
  const worst = findWorst(failed);
  const nextUnreachableAt = nextMs === Infinity ? null : new Date(nextMs).toISOString();
  return { counted, worst, active, onHost, unreachable, nextUnreachableAt };
}

/** The signature that most of these failures have, and how many have it; null where none has one. */
export function findWorst(failed: readonly Pick<StoredTarget, 'signature'>[]): Tally['worst'] {
  const signatures = new Map<string, number>();
  let worst: Tally['worst'] = null;
  for (const { signature } of failed) {
    if (signature === null) continue;
    const targets = (signatures.get(signature) ?? 0) + 1;
    signatures.set(signature, targets);
    if (targets > (worst?.targets ?? 0)) worst = { signature, targets };
  }
  return worst;
}

/** When a host has been away for too long, in milliseconds. */
function findAwayEnd({ isConnected, since }: HostNow, limitMs: number): number {
  return isConnected || since === null ? Infinity : Date.parse(since) + limitMs;
}

/** When a host has had an order for too long without a word of its begin or its refusal: it holds no slot for good. */
function findSilentEnd(
  { stage, ordered_at: orderedAt }: StoredTarget,
  { start_within_s, unreachable_after_s }: RolloutSettings,
): number {
  if (stage !== 'offered' || orderedAt === null) return Infinity;
  return Date.parse(orderedAt) + (start_within_s + unreachable_after_s) * 1000;
}

/** True where its last attempt counts as a failure. */
export function isCounted({ stage, outcome }: Pick<StoredTarget, 'stage' | 'outcome'>): boolean {
  return stage === 'ended' && outcome !== null && countedOutcomes.includes(outcome);
}

/** Why the rollout halts, or null. */
export function findHalt(
  { counted, worst, unreachable }: Tally,
  { budget, settings }: RolloutNow['rollout'],
): string | null {
  const wayOut = 'retry or waive what failed, then resume; or resume with more failures';
  if (worst !== null && worst.targets >= settings.repeats) {
    return `${worst.targets} tenants failed in the same way (${describeSignature(worst.signature)}): ${wayOut}`;
  }
  if (counted < budget) return null;
  const lost = unreachable.size === 0 ? '' : ` (${unreachable.size} unreachable)`;
  return `${counted} ${counted === 1 ? 'failure' : 'failures'}, and it halts at ${budget}${lost}: ${wayOut}`;
}
