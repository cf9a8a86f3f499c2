// How far the accepted upgrades of a host are that have not begun, as it says itself.
import { sharedLimits } from '../../shared/limits.js';
import type { AgentFrameOf, WaitingState } from '../../shared/wire/protocol.js';

/** A host has as many tenants at most, and one such upgrade of each. */
export function noteWaiting(waiting: Map<string, WaitingState>, { upgrade, state }: AgentFrameOf<'state'>): void {
  waiting.delete(upgrade);
  waiting.set(upgrade, state);
  const [oldest] = waiting.keys();
  if (waiting.size > sharedLimits.tenants.max && oldest !== undefined) waiting.delete(oldest);
}
