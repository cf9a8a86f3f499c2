// A machine loses its power in the middle of a hook and of a migration, and right after one has failed.
import { describe, expect, test } from 'vitest';
import { releases } from '../helpers/sites/site_app.js';
import { faultyEnv } from '../helpers/sites/site_faults.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { cutAt, cuttable, expectedAfterCut } from '../systemd/cut_machine.js';
import { describeInterrupted } from '../systemd/interrupted.js';

describeInterrupted('a power cut', 'cutPower');

describe('a power cut right after a migration has failed', () => {
  const sites = useSites({ count: 1, env: faultyEnv, ...cuttable });

  test('does not let it count as one that succeeded', async () => {
    const upgrade = { host: sites.host(), site: sites.take(), version: releases.bad };
    const ended = await cutAt(upgrade, '"type":"exit","key":"migrate.migration.scripts_break_table');
    expect(ended).toMatchObject(expectedAfterCut(ended, releases.bad));
  });
});
