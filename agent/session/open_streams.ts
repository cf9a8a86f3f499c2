// The streams of this host's upgrades, as a client asks for them.
import { openStream, type StreamStore } from '../store/stream/open_stream.js';
import { readStream } from '../store/stream/read_stream.js';
import type { OpenStream } from './send_stream.js';

/** From the journals on the disk, and live from those in use. */
export function openStreams(store: StreamStore): OpenStream {
  return async function* open(upgrade, from, signal) {
    yield* readStream(await openStream(store, upgrade), from, signal);
  };
}
