// A machine reboots, or loses its power, in the middle of a hook and of a migration.
import { describe, expect, test } from 'vitest';
import { addSiteRelease, releases } from '../helpers/sites/site_app.js';
import { faultyEnv } from '../helpers/sites/site_faults.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { cutAt, cuttable, expectedAfterCut } from './cut_machine.js';
import { putBack, tellOutcome, upgraded } from './ended_agent.js';

/** What a migration that was interrupted leads to. */
const undone = {
  ...putBack,
  made: upgraded.made.slice(0, 3),
  runs: upgraded.runs.slice(0, 4),
};

describe.each([
  { what: 'a reboot', how: 'reboot' },
  { what: 'a power cut', how: 'cutPower' },
] as const)('after $what', ({ how }) => {
  const sites = useSites({ count: 2, ...cuttable });

  test('an interrupted hook runs again, its site starts neither at boot nor by hand, and the upgrade succeeds', async () => {
    const host = sites.host();
    const site = sites.take();
    site.shut('pre-migrate');
    await host.machine.run(['sync', '--file-system', '/srv']);
    const id = await host.askInto(site, releases.good, 'pre-migrate');
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
    await host.machine[how]();
    const view = { ...undone, starts: [...starts, releases.base] };
    expect(await tellOutcome(host, site, id)).toEqual({ status: 'rolled_back', seamless: true, view });
  });
});

describe('a hook that the shutdown ends', () => {
  const version = 'v1.3.0';
  /** It says with its exit code that it was ended, which is no failure of its own. */
  const heeding = `#!/bin/bash
trap 'exit 3' TERM
echo "$DEPLOY_TAG heeding" >>"$DATA_DIR/runs.log"
while [ -e "$DATA_DIR/gate.heeding" ]; do sleep 0.02; done
`;
  const sites = useSites({
    count: 1,
    addReleases: (app) => addSiteRelease(app, version, { [`release/${version}.sh`]: heeding }),
  });

  test('counts as lost, and runs again, although it has exited', async () => {
    const host = sites.host();
    const site = sites.take();
    site.shut('heeding');
    const id = await host.askInto(site, version, 'heeding');
    await host.machine.reboot();
    await site.seeRun('heeding', { times: 2 });
    site.open('heeding');
    const { status, view } = await tellOutcome(host, site, id);
    expect({ status, ...view }).toMatchObject({
      status: 'success',
      serves: version,
      runs: [1, 2].map(() => `${version} heeding`),
    });
  });
});

describe('a power cut right after a migration has failed', () => {
  const sites = useSites({ count: 1, env: faultyEnv, ...cuttable });

  test('does not let it count as one that succeeded', async () => {
    const upgrade = { host: sites.host(), site: sites.take(), version: releases.bad };
    const ended = await cutAt(upgrade, '"type":"exit","key":"migrate.migration.scripts_break_table');
    expect(ended).toMatchObject(expectedAfterCut(ended, releases.bad));
  });
});
