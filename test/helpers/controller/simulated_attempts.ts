// What simulated agents see of upgrades, and how these end.
import type { EventOf } from '../../../shared/model/journal/events.js';
import { planClassOf } from '../../../shared/model/plan/plan_class.js';
import type { Failure } from '../../../shared/model/result.js';

/** The only step that there is. */
export const stepName = 'migrate';

/** What happened on a host, in the order in which it saw it. */
export interface Seen {
  what: 'offer' | 'begin' | 'end' | 'withdrawn' | 'rollback';
  host: string;
  slug: string;
  id: string;
  rollout: string | null;
  attempt: number;
}

export interface Attempt {
  slug: string;
  host: string;
  attempt: number;
  id: string;
}

/** What waits until the test lets it through. */
export type Gated = 'begin' | 'end' | 'announce';

export type Ending = 'success' | (Pick<EventOf<'finish'>, 'status'> & { failure: Failure });

/** An attempt that fails in a migration, with this message, and was rolled back. */
export const failWith = (message: string): Ending => ({
  status: 'rolled_back',
  failure: { step: stepName, code: 'command-failed', message, output_tail: '', needs_operator: false },
});

/** Why an agent refuses what has begun, or null. */
export function refuse({ plan, plan_class: approved, request: { commit } }: EventOf<'begin'>): Failure | null {
  const about = { step: null, output_tail: '', needs_operator: false };
  if (plan === null) return null;
  if (commit !== null && plan.target?.commit !== commit) {
    return { ...about, code: 'moved-tag', message: 'its remote has the tag at another commit' };
  }
  if (approved === undefined || planClassOf(plan) === approved) return null;
  return { ...about, code: 'plan-changed', message: 'its plan is another one than was approved' };
}
