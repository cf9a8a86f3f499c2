// Every launcher keeps the contract of its port.
import { makeSecret } from '../../../../agent/command/plain/cookie.js';
import { createPlainLauncher, readBootId } from '../../../../agent/command/plain/launch.js';
import { currentUser } from '../../../../agent/command/user.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { describeLauncher } from './describe_launcher.js';

const host = { agentUid: currentUser().uid, clock: systemClock, makeId, makeSecret };

describeLauncher('plain', (bootId = readBootId()) => createPlainLauncher({ ...host, bootId }));
