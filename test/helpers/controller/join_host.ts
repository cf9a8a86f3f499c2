// Hosts that join a controller in tests, by the agent's own code or as rows of a store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeIdentity, type Membership } from '../../../agent/store/identity.js';
import { stateFolder } from '../../../agent/store/state_folder.js';
import { connectionLimits } from '../../../agent/uplink/controller_connection.js';
import { enrollHost } from '../../../agent/uplink/enroll.js';
import { systemClock } from '../../../shared/os/clock.js';
import { makeHostKey } from '../../../shared/wire/host_proof.js';

/** Where hosts of tests join: a controller, and a token that is good for many. */
export interface JoinPlace {
  url: string;
  joinToken: string;
}

/** Joins with a new key; returns what the host is from now on. */
export async function joinHost({ url, joinToken }: JoinPlace, host: string): Promise<Membership> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-join-'));
  try {
    const how = { url, ca: undefined, proxy: undefined, limits: connectionLimits, clock: systemClock };
    const joining = { ...how, state: stateFolder(folder) };
    return await enrollHost(joining, { host, token: joinToken, isReset: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a real host a member: the agent that starts on this state folder connects. */
export async function giveIdentity(state: string, { url, member }: { url: string; member: Membership }): Promise<void> {
  await writeIdentity(stateFolder(state).identity, { url, active: member, next: null });
}

/** The id that controllers of tests have which store nothing. */
export const testControllerId = 'test-controller';

/** Of a host that has joined such a controller. */
export function makeMember(host: string): Membership {
  return { controller: testControllerId, host, token: null, ...makeHostKey() };
}
