// Estimates when the last tenant is done, from what the finished ones took.
import type { RolloutNow, StoredTarget } from '../../store/rollouts.js';
import { hasSucceeded } from './waves.js';

/** So many of the finished ones are looked at: more would not make the middle another. */
const maxLooked = 500;

/** ISO 8601; null before the first success, and for a rollout that does not run. */
export function estimateEnd({ rollout, targets }: RolloutNow, at: string): string | null {
  const { settings, state, waves, direction } = rollout;
  if (state !== 'running' || direction === 'back') return null;
  const succeeded: StoredTarget[] = [];
  const left = waves.map(() => ({ tenants: 0, hosts: new Set<string>() }));
  for (const target of targets) {
    const { wave, stage, host } = target;
    if (stage === 'ended') {
      if (hasSucceeded(target)) succeeded.push(target);
    } else if (stage === 'waiting' || stage === 'offered' || stage === 'running') {
      const own = wave === null ? undefined : left[wave];
      if (own === undefined) continue;
      own.tenants += 1;
      own.hosts.add(host);
    }
  }
  const typicalMs = findTypicalMs(succeeded);
  if (typicalMs === null) return null;
  let workMs = 0;
  for (const { tenants, hosts } of left) {
    const atOnce = Math.max(1, Math.min(settings.max_parallel, hosts.size * settings.per_host));
    workMs += Math.ceil(tenants / atOnce) * typicalMs;
  }
  const unpassed = waves.slice(0, -1).filter(({ passed_at: passedAt }) => passedAt === null).length;
  return new Date(Date.parse(at) + workMs + unpassed * settings.soak_s * 1000).toISOString();
}

/** The middle of what they took; null where that is not known of any. */
function findTypicalMs(succeeded: readonly StoredTarget[]): number | null {
  const every = Math.max(1, Math.ceil(succeeded.length / maxLooked));
  const took: number[] = [];
  for (let index = 0; index < succeeded.length; index += every) {
    const { began_at: from = null, ended_at: until = null } = succeeded[index] ?? {};
    if (from !== null && until !== null) took.push(Math.max(0, Date.parse(until) - Date.parse(from)));
  }
  return took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? null;
}
