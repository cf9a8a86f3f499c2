// The stories of this host's upgrades, as a listener asks for them.
import { openStory } from '../upgrade/open_story.js';
import type { StateFolder } from '../upgrade/state_folder.js';
import { tellStory } from '../upgrade/story.js';
import type { Upgrades } from '../upgrade/upgrades.js';
import type { OpenStory } from './tell.js';

/** From the journals in `state`, and live where `upgrades` has one under way. */
export function openStories(state: StateFolder, upgrades: Pick<Upgrades, 'list'>): OpenStory {
  return async function* open(upgrade, from, signal) {
    yield* tellStory(await openStory(state, upgrades, upgrade), from, signal);
  };
}
