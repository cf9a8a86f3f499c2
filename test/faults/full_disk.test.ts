// A disk is full from each moment of an upgrade on: that of the agent, or the one that the site has as well.
import { describe, expect, test } from 'vitest';
import { releases } from '../helpers/sites/site_app.js';
import { faultyEnv, listFaults } from '../helpers/sites/site_faults.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { moments } from '../systemd/ended_agent.js';
import { disks, expectedAfter, fillAt } from '../systemd/full_disk.js';

const all = Object.values(moments).flat();
const seen: string[] = [];

describe.each(Object.entries(disks))('when %s is full', (_what, { machine, stateFolder }) => {
  const sites = useSites({ count: all.length, env: faultyEnv, machine, stateFolder });

  test.each(all)('from %s on, the site is on one version, and runs', async (moment) => {
    const upgrade = { host: sites.host(), site: sites.take(), version: releases.good };
    const { status, seamless, view } = await fillAt(upgrade, { disk: machine.disk, at: moment });
    seen.push(status);
    expect({ status, seamless }).toEqual({ status: expect.stringMatching(/^(rolled_back|success)$/), seamless: true });
    expect(view).toMatchObject(expectedAfter(status));
    expect(listFaults(sites.host().machine)).toEqual([]);
  });
});

test('both ends are among them', () => {
  expect([...new Set(seen)].toSorted()).toEqual(['rolled_back', 'success']);
});
