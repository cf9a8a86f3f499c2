// The agent runs as a unit and is ended: by SIGKILL at every event of its journal, and in every way inside every step.
import PQueue from 'p-queue';
import { describe, expect, test } from 'vitest';
import { listEvents } from '../e2e/upgrade/kill_table.js';
import { releases } from '../helpers/sites/site_app.js';
import { faultyEnv, kindsOfEnd } from '../helpers/sites/site_faults.js';
import { countEvents, openSites } from '../helpers/sites/open_sites.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { endAt, endedWell, moments } from '../systemd/ended_agent.js';

/** Cases on one machine, one after the other. */
const perMachine = 20;

describe.each([releases.good, releases.bad] as const)('an upgrade to %s', (version) => {
  test('ends as if nothing had been wherever the agent gets SIGKILL', async () => {
    const all = listEvents(await countEvents(version));
    const queue = new PQueue({ concurrency: 2 });
    const batches = Array.from({ length: Math.ceil(all.length / perMachine) }, (_, index) =>
      all.slice(index * perMachine, (index + 1) * perMachine),
    );
    await queue.addAll(
      batches.map((events) => async () => {
        const sites = await openSites({ count: events.length, env: faultyEnv });
        try {
          for (const n of events) {
            const upgrade = { host: sites.host, site: sites.take(), version };
            const ended = await endAt(upgrade, { how: 'gets SIGKILL', at: [`"n":${n},"at":"`] });
            expect.soft({ n, ...ended }).toEqual({ n, ...endedWell(version) });
          }
        } finally {
          await sites.close();
        }
      }),
    );
  });
});

describe('an agent', () => {
  const all = Object.values(moments).flat();
  const sites = useSites({ count: kindsOfEnd.length * all.length, env: faultyEnv });
  const table = all.flatMap((at) => kindsOfEnd.map((how) => ({ how, at })));

  test.each(table)('goes on as if it had not when it $how at $at', async ({ how, at }) => {
    const upgrade = { host: sites.host(), site: sites.take(), version: releases.good };
    expect(await endAt(upgrade, { how, at: [at] })).toEqual(endedWell(releases.good));
  });
});
