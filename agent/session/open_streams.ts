// The streams of this host's upgrades, as a listener asks for them.
import { openStream } from '../store/open_stream.js';
import type { StateFolder } from '../store/state_folder.js';
import { readStream } from '../store/read_stream.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { OpenStream } from './send_stream.js';

/** From the journals in `state`, and live where `upgrades` has one under way. */
export function openStreams(state: StateFolder, upgrades: Pick<Scheduler, 'list'>): OpenStream {
  return async function* open(upgrade, from, signal) {
    yield* readStream(await openStream(state, upgrades, upgrade), from, signal);
  };
}
