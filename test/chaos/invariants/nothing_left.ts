// Nothing is left of ended upgrades: no process, no draft of a file, no run folder in memory, no mount, no queue.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Invariant } from '../quiet_point.js';
import { waitUntil } from '../wait_until.js';

/** What files are called until they are complete. */
const draft = /\.new$|\.partial$|\.partial-journal$|\.draft$|\/environment\.[^/]+$/;
const spareRuns = '/run/drover';
/** How long processes may take to end, and the agent to clear up, once the controller knows the end. */
const limitMs = 10_000;

export const nothingLeft: Invariant = async ({ world, tenants }) => {
  const list = () => [
    ...world.hosts.flatMap((host) => host.commands().map(({ command }) => `process ${command}`)),
    ...world.hosts.flatMap(({ stateFolder }) => listFiles(stateFolder).filter((file) => draft.test(file))),
    ...world.hosts.flatMap(({ stateFolder }) => listFiles(`${stateFolder}/queued`)),
    ...tenants.flatMap(({ tenant: { dataDir } }) => listFiles(dataDir).filter((file) => draft.test(file))),
    ...tenants.flatMap(({ tenant: { dataDir } }) => listFiles(dataDir).filter((file) => file.includes('rolled-back'))),
    ...tenants.flatMap(({ journals }) => listFiles(spareRuns).filter((file) => isOf([...journals.keys()], file))),
    ...world.hosts.flatMap(({ folder }) => listMounts(folder)),
  ];
  await waitUntil('nothing is left', async () => list().length === 0, limitMs).catch(() => undefined);
  return list().map((what) => `left behind: ${what}`);
};

const isOf = (ids: readonly string[], file: string) => ids.some((id) => file.includes(id));

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);
}

function listMounts(folder: string): string[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));
}
