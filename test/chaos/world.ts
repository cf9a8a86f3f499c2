// The world of a chaos run: a controller, hosts with their tenants, the releases, and what was asked for and answered.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeAppRepository } from '../../deploy/demo/app/make_app_repository.js';
import { findFixedPort } from '../helpers/free_port.js';
import { createRandom } from '../helpers/seeded_random.js';
import { openChaosController, type ChaosController } from './chaos_controller.js';
import { openChaosHost, type ChaosHost, type ChaosTenant } from './chaos_host.js';
import { createRequests, type Requests } from './requests.js';
import { createReleases, type Releases } from './releases.js';

export interface World {
  controller: ChaosController;
  hosts: readonly ChaosHost[];
  releases: Releases;
  requests: Requests;
  /** The same for the same seed: in [0, 1). */
  random: () => number;
  pick: <T>(items: readonly T[]) => T;
  /** One of the tenants, with its host. */
  pickTenant: () => { host: ChaosHost; tenant: ChaosTenant };
  /** Ends all of it; returns the processes that are left. */
  close(): Promise<unknown[]>;
}

/** The tenants' accounts by host. The first host's are root's, so commands are of the agent's own user. */
const hostWishes = [
  { name: 'first', slugs: ['alder', 'birch'], user: 'root' },
  { name: 'second', slugs: ['cedar', 'dogwood'], user: 'nobody' },
];

/** Makes the world; everything runs and is connected when it returns. */
export async function openWorld(seed: number): Promise<World> {
  const random = createRandom(seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-chaos-'));
  const repository = await makeAppRepository(path.join(folder, 'notes.git'));
  const proxyPorts = await Promise.all(hostWishes.map(() => findFixedPort()));
  const controller = await openChaosController(proxyPorts.map((port) => `http://127.0.0.1:${port}`));
  const { agentUrl, joinToken } = controller;
  const hosts = await Promise.all(
    hostWishes.map((wish, index) =>
      openChaosHost({ ...wish, repository, agentUrl, joinToken, proxyPort: proxyPorts[index] ?? 0 }),
    ),
  );
  for (const host of hosts) await host.startAgent();
  // A controller whose store is older than a host's key does not know that host.
  controller.copyStore();
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return {
    controller,
    hosts,
    releases: createReleases(repository),
    requests: createRequests(),
    random,
    pick,
    pickTenant: () => pick(hosts.flatMap((host) => host.tenants.map((tenant) => ({ host, tenant })))),
    async close() {
      const left: unknown[] = [];
      for (const host of hosts) left.push(...(await host.close()));
      await controller.close();
      rmSync(folder, { recursive: true, force: true });
      return left;
    },
  };
}
