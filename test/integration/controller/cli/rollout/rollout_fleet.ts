// An operator of a controller over a real store, with hosts that plan and upgrade as the test says.
import { onTestFinished } from 'vitest';
import { hashToken } from '../../../../../controller/auth/token.js';
import { startRig, type ControllerRig } from '../../../../helpers/controller/controller_rig.js';
import {
  connectRolloutHost,
  type RolloutHost,
  type RolloutHostOptions,
} from '../../../../helpers/controller/rollout_host.js';
import { startApi, token, type Api } from '../../../../helpers/controller/serve_api.js';
import { operate, type Operating } from '../drover.js';

export interface RolloutFleet extends Operating {
  rig: ControllerRig;
  api: Api;
  hosts: RolloutHost[];
}

/** Of what comes by itself, on a machine with much to do. */
export const patience = { timeout: 30_000 };

/** Until the test has finished. */
export async function useRolloutFleet(hosts: readonly RolloutHostOptions[]): Promise<RolloutFleet> {
  const rig = await startRig();
  onTestFinished(() => rig.close());
  const { fleetFor, rolloutsFor, freezesFor, access, store } = rig.core;
  const at = new Date().toISOString();
  const about = { id: 'tester', name: 'tester', created_at: at, created_by: null, expires_at: null };
  const audit = { at, token: null, name: 'test', address: null, reason: null, tenant: null, host: null };
  const kept = { ...about, hash: hashToken(token), role: 'admin', scope: null } as const;
  await store.tokens.add(kept, { ...audit, action: 'tokens.create', target: 'tester' });
  const api = await startApi({ fleet: rig.fleet, fleetFor, rolloutsFor, freezesFor, access });
  onTestFinished(() => api.close());
  const connected: RolloutHost[] = [];
  for (const options of hosts) connected.push(await connectRolloutHost(rig, options));
  return { ...operate(api), rig, api, hosts: connected };
}
