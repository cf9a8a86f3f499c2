// What the agent makes once of its process and machine, for tests that run parts of it in their own process.
import { makeSecret } from '../../../agent/command/supervisor/cookie.js';
import { createPlainLauncher } from '../../../agent/command/plain/launch.js';
import type { LauncherName } from '../../../agent/command/launchers.js';
import { openLaunchers as openAll } from '../../../agent/command/open_launchers.js';
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

/** Both launchers of a host that systemd manages; the chosen one is for what has a unit. */
export function openLaunchers(chosen: LauncherName, bootId = readBootId()): Launcher {
  const options = { agentUid: currentUser().uid, bootId, clock: systemClock, makeId, makeSecret };
  return openAll({ ...options, stateFolder: '/var/lib/drover', chosen });
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
