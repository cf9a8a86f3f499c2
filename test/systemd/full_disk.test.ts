// A disk fills up in the middle of an upgrade: the old version runs, no line is lost, and room is all that it takes.
import { describe, expect, test } from 'vitest';
import { releases } from '../helpers/sites/site_app.js';
import { faultyEnv, listFaults } from '../helpers/sites/site_faults.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { moments } from './ended_agent.js';
import { disks, expectedAfter, fillAt } from './full_disk.js';

const { stopping, hooks, migrating, starting } = moments;

/** `faults/full_disk.test.ts` has all moments on both disks. */
const table = [
  { what: 'the disk of the agent', at: [stopping[1], hooks[3], starting[0]] },
  { what: 'the one disk of agent and site', at: [migrating[0]] },
] as const;

describe.each(table)('when $what is full', ({ what, at }) => {
  const { machine, stateFolder } = disks[what];
  const sites = useSites({ count: at.length, env: faultyEnv, machine, stateFolder });

  test.each(at)('from %s on, the site is on one version, and runs', async (moment) => {
    const upgrade = { host: sites.host(), site: sites.take(), version: releases.good };
    const { status, seamless, view } = await fillAt(upgrade, { disk: machine.disk, at: moment });
    expect({ status, seamless }).toEqual({ status: 'rolled_back', seamless: true });
    expect(view).toMatchObject(expectedAfter(status));
    expect(listFaults(sites.host().machine)).toEqual([]);
  });
});
