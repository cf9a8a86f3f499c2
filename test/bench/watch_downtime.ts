// Watches a service as a client does: asks all the time, and notes for how long it got no answer.
import { setTimeout as sleep } from 'node:timers/promises';
import { readVersion } from '../../deploy/demo/app/notes_client.js';

const pauseMs = 10;

/** The longest time between two answers while `work` was under way, in seconds. */
export async function watchDowntime(url: string, work: () => Promise<unknown>): Promise<number> {
  const over = new AbortController();
  const working = work().finally(() => over.abort());
  // What it throws is thrown at the end, and not while nobody waits for it.
  working.catch(() => undefined);
  let answeredMs = performance.now();
  let longestMs = 0;
  while (!over.signal.aborted) {
    try {
      await readVersion(url);
      longestMs = Math.max(longestMs, performance.now() - answeredMs);
      answeredMs = performance.now();
    } catch {
      // Nobody answers: this is what is measured.
    }
    await sleep(pauseMs);
  }
  await working;
  return longestMs / 1000;
}
