// The end of a request in the stream of its upgrade, which may hold the ends of earlier and of later requests.
import type { StreamItem } from '../model/journal/stream_item.js';
import type { Started } from './operations.js';

export interface OwnEnd {
  /** Takes the next item of the stream; true once the request's own end has come. */
  pass(item: StreamItem): boolean;
  /** True from the first item on that is the request's own. */
  hasBegun(): boolean;
}

/** Before the first item of the stream. */
export function createOwnEnd({ isOwn }: Pick<Started, 'isOwn'>): OwnEnd {
  let hasBegun = false;
  let hasEnded = false;
  return {
    pass(item) {
      if (!('event' in item)) return hasEnded;
      hasBegun ||= isOwn(item.event);
      hasEnded ||= hasBegun && item.event.type === 'finish';
      return hasEnded;
    },
    hasBegun: () => hasBegun,
  };
}
