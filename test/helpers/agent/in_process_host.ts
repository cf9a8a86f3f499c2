// What the agent makes once of its process and machine, for tests that run parts of it in their own process.
import { makeSecret } from '../../../agent/command/supervisor/cookie.js';
import { createPlainLauncher } from '../../../agent/command/plain/launch.js';
import { readBootId } from '../../../agent/command/supervisor/begun.js';
import type { Launcher } from '../../../agent/command/launcher.js';
import { currentUser } from '../../../agent/command/user.js';
import type { StateFolder } from '../../../agent/store/state_folder.js';
import { createExclusive } from '../../../agent/upgrade/exclusive.js';
import type { Host } from '../../../agent/upgrade/host.js';
import { systemClock, type Clock } from '../../../shared/os/clock.js';
import { makeId } from '../../../shared/os/ids.js';

/** The plain launcher, on the system's clock; of the boot of this id. */
export function openLauncher(bootId = readBootId()): Launcher {
  return createPlainLauncher({ agentUid: currentUser().uid, bootId, clock: systemClock, makeId, makeSecret });
}

export function openHost(state: StateFolder, clock: Clock): Host {
  return {
    name: 'h',
    state,
    agentUser: currentUser(),
    bootId: readBootId(),
    clock,
    launcher: openLauncher(),
    exclusive: createExclusive(),
    unitGuards: null,
    shutdown: new AbortController().signal,
  };
}
