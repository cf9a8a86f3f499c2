// A controller and three hosts on a network of their own: a host is cut off from the others, and comes back.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { releases } from '../helpers/sites/site_app.js';
import { bootFleet, type SiteFleet } from '../helpers/sites/site_fleet.js';
import type { Site } from '../helpers/sites/site.js';
import { hasFinished, type SiteHost } from '../helpers/sites/site_host.js';
import { upgraded } from './ended_agent.js';

const names = ['host-a', 'host-b', 'host-c'] as const;
let fleet: SiteFleet;
beforeAll(async () => {
  fleet = await bootFleet(names, 2);
});
afterAll(() => fleet.close());

function take(name: (typeof names)[number], index: number): { host: SiteHost; site: Site } {
  const host = fleet.hosts.get(name);
  const site = host?.sites[index];
  if (host === undefined || site === undefined) throw new Error(`${name} has no site ${index}`);
  return { host, site };
}

const resultSchema = z.looseObject({ id: z.string(), status: z.string() });
const upgrade = async ({ slug }: Site) =>
  resultSchema.parse(JSON.parse(await fleet.drover('upgrade', slug, releases.good, '--json')));

const numbered = z.looseObject({ n: z.number() });
/** The numbers of the events in lines of JSON, as they come. */
const numbersOf = (lines: readonly string[]) => lines.map((line) => numbered.parse(JSON.parse(line)).n);

const storedEvent = z.looseObject({ event: numbered.optional() });
/** The numbers of the events that the controller has, as it tells them. */
async function readStored(id: string): Promise<number[]> {
  const lines = (await fleet.drover('logs', id, '--json')).trim().split('\n');
  return lines.flatMap((line) => storedEvent.parse(JSON.parse(line)).event?.n ?? []);
}

test('a host that is cut off in mid-upgrade ends it, others go on, and once it is back nothing is lost or told twice', async () => {
  const { host, site } = take('host-b', 0);
  const others = [take('host-a', 0), take('host-c', 0)];
  site.shut('pre-migrate');
  const asked = upgrade(site);
  await site.seeRun('pre-migrate');
  await fleet.network.cut('host-b');
  const ended = await Promise.all(others.map((other) => upgrade(other.site)));
  expect(ended.map(({ status }) => status)).toEqual(['success', 'success']);

  site.open('pre-migrate');
  const [id = ''] = host.listUpgrades();
  await host.seeJournal(id, hasFinished);
  expect(await site.look()).toEqual(upgraded);
  const known = await readStored(id);
  expect(known.length).toBeLessThan(host.readJournal(id).length);

  await fleet.network.mend('host-b');
  expect(await asked).toMatchObject({ status: 'success', id });
  expect(await readStored(id)).toEqual(numbersOf(host.readJournal(id)));
});

test('an order that is given while its host is cut off is carried out once when that is back', async () => {
  const { host, site } = take('host-c', 1);
  const before = host.listUpgrades();
  await fleet.network.cut('host-c');
  const asked = upgrade(site);
  expect(await upgrade(take('host-a', 1).site)).toMatchObject({ status: 'success' });
  await fleet.network.mend('host-c');
  const { status, id } = await asked;
  expect(status).toBe('success');
  expect(host.listUpgrades().filter((each) => !before.includes(each))).toEqual([id]);
  expect(await site.look()).toEqual(upgraded);
});
