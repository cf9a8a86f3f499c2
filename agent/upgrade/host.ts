// What an upgrade needs from its host; the agent makes it once.
import type { Clock } from '../../shared/os/clock.js';
import type { Launcher } from '../command/launcher.js';
import type { User } from '../command/spec.js';
import type { Exclusive } from './exclusive.js';
import type { StateFolder } from '../store/state_folder.js';
import type { UnitGuards } from '../store/guards/unit_guards.js';

export interface Host {
  /** The name of this host. */
  name: string;
  state: StateFolder;
  agentUser: User;
  bootId: string;
  clock: Clock;
  launcher: Launcher;
  exclusive: Exclusive;
  /** Null where no systemd runs, or the agent may not change its units. */
  unitGuards: UnitGuards | null;
  /** Aborts when the agent ends; the next agent adopts the running commands. */
  shutdown: AbortSignal;
}
