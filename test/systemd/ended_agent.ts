// Upgrades of sites whose agent, a unit, is ended on the way: the moments, and what must have become of the site.
import { phases, releases } from '../helpers/sites/site_app.js';
import { ends, listFaults, planFault } from '../helpers/sites/site_faults.js';
import type { Site, SiteView } from '../helpers/sites/site.js';
import type { SiteHost } from '../helpers/sites/site_host.js';

const begins = (step: string, stage: 'prepare' | 'run') => `"type":"step-begin","step":"${step}","stage":"${stage}"`;
const runs = (key: string) => `"type":"command","key":"${key}`;

/** Moments inside each group of steps, as a part of an event's line. */
export const moments = {
  preparing: [begins('checkout', 'prepare'), runs('checkout.prepare'), begins('install-requirements', 'prepare')],
  stopping: [runs('stop-services.stop'), runs('backup-database.backup'), begins('determine-version', 'run')],
  hooks: [runs('hooks-pre-pull.'), runs('checkout.checkout'), runs('hooks-post-pull.'), runs('hooks-pre-migrate.')],
  migrating: [runs('migrate.migration.'), runs('hooks-post-migrate.'), runs('record-version.fingerprint')],
  starting: [begins('start-services', 'run'), runs('start-services.start'), begins('health-check', 'run')],
} as const;

const namesOf = (tag: string, names: readonly string[]) => names.map((name) => `${tag} ${name}`);
const allRuns = ['pre-pull', 'post-pull', 'pre-migrate', 'migrate', 'post-migrate'];

/** A site after an upgrade that succeeds, and after one that is rolled back. */
export const upgraded: SiteView = {
  head: releases.good,
  changes: [],
  serves: releases.good,
  unit: 'active',
  integrity: 'ok',
  tables: ['added', 'notes'],
  notes: ['kept'],
  markers: phases.map((phase) => `.release-${releases.good}-${phase}-done`).toSorted(),
  made: phases.map((phase) => `${phase} of ${releases.good}`),
  starts: [releases.base, releases.good],
  runs: namesOf(releases.good, allRuns),
  left: [],
};
export const putBack: SiteView = {
  ...upgraded,
  head: releases.base,
  serves: releases.base,
  tables: ['notes'],
  markers: [],
  made: phases.slice(0, 3).map((phase) => `${phase} of ${releases.bad}`),
  starts: [releases.base, releases.base],
  runs: namesOf(releases.bad, [...allRuns.slice(0, 4), 'break']),
};

export const outcomes = {
  [releases.good]: { status: 'success', seamless: true, view: upgraded } as const,
  [releases.bad]: { status: 'rolled_back', seamless: true, view: putBack } as const,
};

export interface Ended extends Awaited<ReturnType<typeof tellOutcome>> {
  /** Ends of the agent that did not happen. */
  left: string[];
}

/** Runs an upgrade; its agent is ended at each of these moments. */
export async function endAt(
  { host, site, version }: { host: SiteHost; site: Site; version: keyof typeof outcomes },
  { how, at }: { how: keyof typeof ends; at: readonly string[] },
): Promise<Ended> {
  for (const moment of at) planFault(host.machine, moment, ends[how]);
  const id = await host.ask(site, version);
  return { ...(await tellOutcome(host, site, id)), left: listFaults(host.machine) };
}

/** What is to be expected of it. */
export const endedWell = (version: keyof typeof outcomes): Ended => ({ ...outcomes[version], left: [] });

/** How an upgrade ended, and what the site is now. */
export async function tellOutcome(host: SiteHost, site: Site, id: string) {
  const { result, seamless } = await host.follow(site, id);
  return { status: result.status, seamless, view: await site.look() };
}
