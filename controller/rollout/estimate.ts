// Estimates when the last tenant is done, from what the finished ones took.
import type { RolloutNow } from '../store/rollouts.js';
import { hasSucceeded } from './waves.js';

/** ISO 8601; null before the first success, and for a rollout that does not run. */
export function estimateEnd({ rollout, targets }: RolloutNow, at: string): string | null {
  const { settings, state, waves, direction } = rollout;
  if (state !== 'running' || direction === 'back') return null;
  const took = targets
    .filter(hasSucceeded)
    .flatMap(({ began_at: from, ended_at: until }) =>
      from === null || until === null ? [] : [Math.max(0, Date.parse(until) - Date.parse(from))],
    );
  if (took.length === 0) return null;
  const typicalMs = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  const left = waves.map(({ no }) => {
    const own = targets.filter(
      ({ wave, stage }) => wave === no && (stage === 'waiting' || stage === 'offered' || stage === 'running'),
    );
    const hosts = new Set(own.map(({ host }) => host)).size;
    const atOnce = Math.max(1, Math.min(settings.max_parallel, hosts * settings.per_host));
    return Math.ceil(own.length / atOnce) * typicalMs;
  });
  const unpassed = waves.slice(0, -1).filter(({ passed_at: passedAt }) => passedAt === null).length;
  const workMs = left.reduce((sum, one) => sum + one, 0);
  return new Date(Date.parse(at) + workMs + unpassed * settings.soak_s * 1000).toISOString();
}
