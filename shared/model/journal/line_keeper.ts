// Bounds how much a result holds.
import { sharedLimits } from '../../limits.js';

/** Bounds what the lists of a result hold together. */
export interface LineKeeper {
  /** Appends the item while there is room. */
  keep<Item extends string | object>(list: Item[], item: Item): void;
  /** A line that says how much was left out; none where nothing was. */
  explainLeftOut(): string[];
}

/** For one result. */
export function createLineKeeper(): LineKeeper {
  let left: number = sharedLimits.result.max;
  let leftOut = 0;
  return {
    keep(list, item) {
      left -= typeof item === 'string' ? item.length + 1 : 100;
      if (left < 0) leftOut += 1;
      else list.push(item);
    },
    explainLeftOut: () => (leftOut === 0 ? [] : [`… and ${leftOut} more, which the log has`]),
  };
}
