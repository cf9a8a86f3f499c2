// A user of a tenant who writes notes all the time, and remembers those that the service has acknowledged.
import { setTimeout as sleep } from 'node:timers/promises';
import { addNotes } from '../../deploy/demo/app/notes_client.js';

/** A note that the service has acknowledged. */
export interface AcknowledgedNote {
  text: string;
  /** Milliseconds since 1970, when the answer came. */
  atMs: number;
}

export interface Writer {
  acknowledged: readonly AcknowledgedNote[];
  /** Returns once nothing is being written. */
  stop(): Promise<void>;
}

const pauseMs = 80;

/** Writes to the service at this URL, whether it answers or not. */
export function startWriter(url: string): Writer {
  const acknowledged: AcknowledgedNote[] = [];
  const stopped = new AbortController();
  async function write(): Promise<void> {
    for (let n = 1; !stopped.signal.aborted; n += 1) {
      const text = `written ${n}`;
      const isThere = await addNotes(url, [text]).then(
        () => true,
        () => false,
      );
      if (isThere) acknowledged.push({ text, atMs: Date.now() });
      await sleep(pauseMs);
    }
  }
  const writing = write();
  return {
    acknowledged,
    async stop() {
      stopped.abort();
      await writing;
    },
  };
}
