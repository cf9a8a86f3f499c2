// The operations over the local socket of a real agent: the contract.
import path from 'node:path';
import { openLocalOperations } from '../../../../agent/cli/local_operations.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { createScreen } from '../../../../shared/terminal/screen/screen.js';
import { gatedRelease, openGate } from '../../../helpers/agent/gated_release.js';
import { describeOperations } from '../../../helpers/operations/describe_operations.js';
import { fakeStream } from '../../../unit/agent/cli/fake_world.js';
import { useHosts } from '../../upgrade/hosts.js';

const hosts = useHosts({ releases: [gatedRelease], inProcess: true });

describeOperations(async () => {
  const host = await hosts.open();
  return {
    operations: await openLocalOperations({
      configFile: path.join(host.folder, 'host/etc/agent.yaml'),
      program: ['false'],
      screen: createScreen({ stdout: fakeStream(), stderr: fakeStream(), env: {} }),
      makeId,
      clock: systemClock,
    }),
    plainVersion: 'v0.2.0',
    gatedVersion: gatedRelease.tag,
    openGate: () => openGate(host),
  };
});
