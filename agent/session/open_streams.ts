// The stories of this host's upgrades, as a listener asks for them.
import { openStory } from '../store/open_stream.js';
import type { StateFolder } from '../store/state_folder.js';
import { tellStory } from '../store/read_stream.js';
import type { Upgrades } from '../scheduler/scheduler.js';
import type { OpenStory } from './send_stream.js';

/** From the journals in `state`, and live where `upgrades` has one under way. */
export function openStories(state: StateFolder, upgrades: Pick<Upgrades, 'list'>): OpenStory {
  return async function* open(upgrade, from, signal) {
    yield* tellStory(await openStory(state, upgrades, upgrade), from, signal);
  };
}
