// Upgrades of sites during which a disk fills up, until the test makes room: that of the agent's state, or the one that the
// site has as well.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { forgetFaults, planFault } from '../helpers/sites/site_faults.js';
import { hasFinished, type SiteHost } from '../helpers/sites/site_host.js';
import type { Site } from '../helpers/sites/site.js';
import { putBack, tellOutcome, upgraded } from './ended_agent.js';

/** Where the disk of the machine is mounted. */
export const disks = {
  'the disk of the agent': { machine: { disk: '/var/lib/drover' }, stateFolder: '/var/lib/drover' },
  'the one disk of agent and site': { machine: { disk: '/srv' }, stateFolder: '/srv/drover' },
} as const;

/** What the agent logs when it cannot go on. */
const waits = 'the upgrade waits until this error is fixed';

/** What is allocated late leaves some blocks to the first small files. */
const fill = (folder: string) => `mkdir ${folder}
head -c 1G /dev/zero >${folder}/most; sync --file-system ${folder}; head -c 1G /dev/zero >>${folder}/most
for ((n = 0; n < 10000; n++)); do echo >${folder}/$n && sync ${folder}/$n || break; done
`;

/**
 * The disk of `host` has room for nothing from an event on (`at` is a part of its line). There is room again once the agent
 * waits for that, or the upgrade has ended; one that needs an operator is resumed then.
 */
export async function fillAt(
  { host, site, version }: { host: SiteHost; site: Site; version: string },
  { disk, at }: { disk: string; at: string },
) {
  const ballast = path.join(disk, 'ballast');
  forgetFaults(host.machine);
  planFault(host.machine, at, fill(ballast));
  const id = await host.ask(site, version);
  const waiting = new AbortController();
  const { signal } = waiting;
  const ways = [host.seeLog([id, waits], signal), host.seeJournal(id, hasFinished, signal)];
  await Promise.race(ways).finally(() => waiting.abort());
  await Promise.allSettled(ways);
  rmSync(host.machine.locate(ballast), { recursive: true, force: true });
  const outcome = await tellOutcome(host, site, id);
  if (outcome.status === 'refused') throw new Error(`refused: ${host.readJournal(id).at(-1)}`);
  if (outcome.status !== 'failed') return outcome;
  const client = await host.connect(site.slug);
  await client.command({ type: 'resume', accept: false });
  const { result, seamless } = await client.follow(id, { finishes: 2 });
  return { status: result.status, seamless, view: await site.look() };
}

/** What must be so afterwards: the new version, or the old one as if nothing had been tried. */
export function expectedAfter(status: string) {
  const { head, serves, tables, markers } = status === 'success' ? upgraded : putBack;
  const { integrity, unit, notes, left, changes } = upgraded;
  return { head, serves, tables, markers, integrity, unit, notes, left, changes };
}
