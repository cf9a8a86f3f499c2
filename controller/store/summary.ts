// An upgrade's row in a list: a fold over its events. It is stored, so that lists read no streams.
import type { Event } from '../../shared/model/journal/events.js';
import type { StoredUpgrade } from './stored.js';

export type Summary = Pick<
  StoredUpgrade,
  | 'status'
  | 'previous_version'
  | 'new_version'
  | 'current_version'
  | 'started_at'
  | 'finished_at'
  | 'step'
  | 'message'
  | 'needs_operator'
>;

export const emptySummary: Summary = {
  status: 'running',
  previous_version: null,
  new_version: null,
  current_version: null,
  started_at: null,
  finished_at: null,
  step: null,
  message: null,
  needs_operator: false,
};

const running = { status: 'running', finished_at: null, step: null, message: null, needs_operator: false } as const;

/** The summary after one more event. Pure. */
export function summarize(before: Summary, event: Event): Summary {
  switch (event.type) {
    case 'begin': {
      const { plan, request, at, current_version } = event;
      return {
        ...before,
        ...running,
        started_at: at,
        previous_version: current_version,
        new_version: plan?.target?.version ?? request.version,
      };
    }
    case 'step-begin':
      return { ...before, step: event.step };
    case 'rollback':
      return { ...before, ...running };
    case 'resume':
      return event.accept ? before : { ...before, ...running };
    case 'finish':
      return {
        ...before,
        status: event.status,
        current_version: event.current_version,
        finished_at: event.at,
        step: null,
        message: event.failure?.message ?? null,
        needs_operator: event.failure?.needs_operator === true,
      };
    default:
      return before;
  }
}
