// What an action of a chaos run is.
import type { World } from './world.js';

export interface Action {
  /** How often it is chosen, against the others. */
  weight: number;
  /** Does it, and says what it did. Never throws because something is down: that is what a run is about. */
  act(world: World): Promise<string>;
}
