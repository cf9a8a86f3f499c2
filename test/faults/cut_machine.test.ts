// A machine loses its power at every event of an upgrade of a site, and boots again.
import PQueue from 'p-queue';
import { expect, test } from 'vitest';
import { listEvents } from '../e2e/upgrade/kill_table.js';
import { releases } from '../helpers/sites/site_app.js';
import { faultyEnv } from '../helpers/sites/site_faults.js';
import { countEvents, openSites } from '../helpers/sites/open_sites.js';
import { cutAt, cuttable, expectedAfterCut } from '../systemd/cut_machine.js';

/** Cases on one machine, one after the other. */
const perMachine = 15;
/** Before these events an upgrade that is rolled back is as any other. */
const firstUndone = 50;

test.each([
  { version: releases.good, from: 1 },
  { version: releases.bad, from: firstUndone },
] as const)(
  'an upgrade to $version leaves a site that is whole, wherever the power is cut',
  async ({ version, from }) => {
    const all = listEvents(await countEvents(version)).slice(from - 1);
    const queue = new PQueue({ concurrency: 2 });
    const batches = Array.from({ length: Math.ceil(all.length / perMachine) }, (_, index) =>
      all.slice(index * perMachine, (index + 1) * perMachine),
    );
    await queue.addAll(
      batches.map((events) => async () => {
        const sites = await openSites({ count: events.length, env: faultyEnv, ...cuttable });
        try {
          for (const n of events) {
            const ended = await cutAt({ host: sites.host, site: sites.take(), version }, `"n":${n},"at":"`);
            expect.soft({ n, ...ended }).toMatchObject({ n, ...expectedAfterCut(ended, version) });
          }
        } finally {
          await sites.close();
        }
      }),
    );
  },
);
