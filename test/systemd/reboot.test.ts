// A machine reboots in the middle of a hook and of a migration.
import { describe, expect, test } from 'vitest';
import { addSiteRelease } from '../helpers/sites/site_app.js';
import { useSites } from '../helpers/sites/use_site_host.js';
import { tellOutcome } from './ended_agent.js';
import { describeInterrupted } from './interrupted.js';

describeInterrupted('a reboot', 'reboot');

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
