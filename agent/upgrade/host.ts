// What an upgrade needs of the host that it runs on; made once, by the agent.
import type { Clock } from '../../shared/os/clock.js';
import type { Launcher } from '../command/launcher.js';
import type { User } from '../command/spec.js';
import type { Exclusive } from './exclusive.js';
import type { StateFolder } from '../store/state_folder.js';

export interface Host {
  /** The name that this host goes by. */
  name: string;
  state: StateFolder;
  agentUser: User;
  bootId: string;
  clock: Clock;
  launcher: Launcher;
  exclusive: Exclusive;
  /** Aborts when the agent ends; commands that run are left to the next one. */
  shutdown: AbortSignal;
}
