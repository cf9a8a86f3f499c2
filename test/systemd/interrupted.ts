// A machine goes down in the middle of a hook and of a migration, and comes back.
import { describe, expect, test } from 'vitest';
import { releases } from '../helpers/sites/site_app.js';
import type { Site } from '../helpers/sites/site.js';
import type { SiteHost } from '../helpers/sites/site_host.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { cuttable } from './cut_machine.js';
import { putBack, tellOutcome, upgraded } from './ended_agent.js';

/** What a migration that was interrupted leads to. */
const undone = {
  ...putBack,
  made: upgraded.made.slice(0, 3),
  runs: upgraded.runs.slice(0, 4),
};

/** Hooks and migrations write that they run, and then sync it: a power cut between the two would take it back. */
const keepRuns = (host: SiteHost, { slug }: Site) => host.machine.run(['sync', `/srv/sites/${slug}/data/runs.log`]);

/** To be called once per file. */
export function describeInterrupted(what: string, how: 'reboot' | 'cutPower'): void {
  describe(`after ${what}`, () => {
    const sites = useSites({ count: 2, ...cuttable });

    test('an interrupted hook runs again, its site starts neither at boot nor by hand, and the upgrade succeeds', async () => {
      const host = sites.host();
      const site = sites.take();
      site.shut('pre-migrate');
      await host.machine.run(['sync', '--file-system', '/srv']);
      const id = await host.askInto(site, releases.good, 'pre-migrate');
      await keepRuns(host, site);
      await host.machine[how]();
      await host.seeAgent();
      await site.seeRun('pre-migrate', { times: 2 });
      await host.machine.run(['systemctl', 'start', site.unit]).catch(() => null);
      expect(await site.look()).toMatchObject({ unit: 'inactive', starts: [releases.base], head: releases.good });
      site.open('pre-migrate');
      const { runs, ...ended } = upgraded;
      expect(await tellOutcome(host, site, id)).toEqual({
        status: 'success',
        seamless: true,
        view: { ...ended, runs: runs.flatMap((run) => (run.endsWith('pre-migrate') ? [run, run] : [run])) },
      });
    });

    test('an interrupted migration is undone, and the old version starts', async () => {
      const host = sites.host();
      const site = sites.take();
      const { starts } = await site.look();
      site.shut('migrate');
      await host.machine.run(['sync', '--file-system', '/srv']);
      const id = await host.askInto(site, releases.good, 'migrate');
      await keepRuns(host, site);
      await host.machine[how]();
      const view = { ...undone, starts: [...starts, releases.base] };
      expect(await tellOutcome(host, site, id)).toEqual({ status: 'rolled_back', seamless: true, view });
    });
  });
}
