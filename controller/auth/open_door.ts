// The controller's door, with the controller's limits.
import { createDoor, type Door } from '../../shared/wire/door.js';
import { controllerLimits } from '../limits.js';

/** One for API and link: they share their sockets. */
export function openDoor(monotonicMs: () => number): Door {
  const { strangerWait, strangers, strangersOfAddress } = controllerLimits;
  return createDoor(
    { waitingMs: strangerWait.max, waiting: strangers.max, waitingOfAddress: strangersOfAddress.max },
    monotonicMs,
  );
}
