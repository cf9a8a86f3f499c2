// A stream over as many connections as it takes, up to its end.
import type { AppError } from '../../shared/errors.js';
import { toAppError } from '../../shared/errors.js';
import { backOffMs } from '../../shared/os/back_off.js';
import type { Clock } from '../../shared/os/clock.js';

export interface Reconnecting {
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
  /** Called when the connection is lost (with why), and when it is back (with null). */
  onContact?: ((lost: AppError | null) => void) | undefined;
}

/** One connection: what it returns is the end, or null where another one is needed at once. `noteContact` says that it lives. */
export type Connect<Item, End> = (noteContact: () => void) => AsyncGenerator<Item, End | null, void>;

const pauses = { firstMs: 250, longestMs: 10_000, jitter: 0.5 };
/** How long a controller may be away before that is the answer. */
const patienceMs = 600_000;

/** True for what ends when the controller is back. `internal`: a controller that stops, or that recovers. */
export const isAway = ({ code }: AppError) => code === 'unreachable' || code === 'internal';

/** Connects until there is an end. Throws AppError: the controller's own, or `unreachable` after ten minutes without contact. */
export async function* reconnect<Item, End>(
  connect: Connect<Item, End>,
  { clock, random, onContact }: Reconnecting,
  signal: AbortSignal,
): AsyncGenerator<Item, End, void> {
  let failures = 0;
  let lostAtMs = clock.monotonicMs();
  for (;;) {
    let hasContact = false;
    const noteContact = () => {
      if (!hasContact) onContact?.(null);
      hasContact = true;
    };
    try {
      const end = yield* connect(noteContact);
      if (end !== null) return end;
    } catch (error) {
      signal.throwIfAborted();
      const lost = toAppError(error);
      if (!isAway(lost)) throw lost;
      if (hasContact) {
        failures = 0;
        lostAtMs = clock.monotonicMs();
      } else if (clock.monotonicMs() - lostAtMs > patienceMs) {
        throw lost;
      }
      onContact?.(lost);
      // Jitter: many clients that lost one controller do not reconnect at once.
      await clock.wait(backOffMs({ failures, ...pauses }, random()), signal);
      failures += 1;
    }
  }
}
