// The controller's door, with the controller's limits.
import { createDoor, type Door } from '../../shared/wire/door.js';
import { controllerLimits } from '../limits.js';

/** One for API and link: they share their sockets. Whoever comes through a proxy shares its address with others. */
export function openDoor(monotonicMs: () => number, isProxy?: (address: string) => boolean): Door {
  const { strangerWait, strangerTurn, strangers, strangersOfAddress } = controllerLimits;
  return createDoor(
    {
      waitingMs: strangerWait.max,
      waiting: strangers.max,
      turnMs: strangerTurn.max,
      waitingOfAddress: strangersOfAddress.max,
    },
    monotonicMs,
    isProxy,
  );
}
