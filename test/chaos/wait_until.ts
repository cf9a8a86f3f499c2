// Waits for what programs of a chaos run come to by themselves.
import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 50;

/** Returns once `isSo` resolves to true. Throws when it does not for so long; an error of `isSo` counts as not yet. */
export async function waitUntil(what: string, isSo: () => Promise<boolean>, limitMs = 90_000): Promise<void> {
  const untilMs = performance.now() + limitMs;
  let reason: unknown;
  for (;;) {
    const answer = await isSo().catch((error: unknown) => {
      reason = error;
      return false;
    });
    if (answer) return;
    if (performance.now() > untilMs) {
      throw new Error(`still waiting after ${limitMs / 1000} s: ${what}`, { cause: reason });
    }
    await sleep(everyMs);
  }
}
