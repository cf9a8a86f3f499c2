// Something fails in what is prepared while the services are up: the tenant is not even stopped.
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgentHost, TenantPlace } from '../../helpers/agent/agent_host.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { expectUntouched, runShell, useHosts } from './hosts.js';

interface Fault {
  title: string;
  version: string;
  keys?: (place: TenantPlace) => Record<string, unknown>;
  /** Done to the host between a first plan and the upgrade. */
  prepare?: (host: AgentHost) => Promise<void> | void;
  failure: Record<string, unknown>;
}

const environment = (place: TenantPlace, python: string) => ({
  requirements: { file: 'requirements.txt', venv: 'venv', python: python.replace('DATA', place.dataDir) },
});

/** The last program that a plan starts is this one, asked for its version: what it does comes between plan and upgrade. */
function addPython({ tenant, stateFolder }: AgentHost, script: string): void {
  const file = path.join(tenant.dataDir, 'python');
  writeFileSync(file, `#!/bin/bash\nset -e\ncd ${stateFolder}\n${script}\necho "Python 3"\n`);
  chmodSync(file, 0o755);
}

/** Takes a file of a version out of the mirror, as a damaged disk would. */
async function damageMirror(host: AgentHost, file: string): Promise<void> {
  const client = await host.connect();
  await client.plan({ version: file.split(':')[0] ?? null });
  const mirror = runShell('echo "$1"/mirrors/*.git', host.stateFolder);
  const blob = await runProgram(['git', `--git-dir=${mirror}`, 'rev-parse', file], { cwd: '/' });
  const unpack = 'mv objects/pack/*.pack . && rm -f objects/pack/* && git --git-dir=. unpack-objects -q <*.pack';
  runShell(`cd "$1"; ${unpack}; rm *.pack "objects/\${2:0:2}/\${2:2}"`, mirror, blob);
}

const faults: Fault[] = [
  {
    title: 'hooks-pre-pull: the hooks cannot be exported, as another file has taken the folder’s place',
    version: 'v0.2.1',
    keys: (place) => environment(place, 'DATA/python'),
    prepare: (host) => addPython(host, 'rm -rf exports && touch exports'),
    failure: { step: 'hooks-pre-pull', code: 'config', message: expect.stringMatching(/exports: is not a folder$/) },
  },
  {
    title: 'checkout: the bundle cannot be exported, as another file has taken the folder’s place',
    version: 'v0.1.1',
    keys: (place) => environment(place, 'DATA/python'),
    prepare: (host) => addPython(host, 'rm -rf exports && touch exports'),
    failure: { step: 'checkout', code: 'config', message: expect.stringMatching(/exports: is not a folder$/) },
  },
  {
    title: 'checkout: the mirror has lost a file of the new version',
    version: 'v0.1.1',
    prepare: (host) => damageMirror(host, 'v0.1.1:server.mjs'),
    failure: { step: 'checkout', code: 'io', message: expect.stringContaining('unable to read') },
  },
  {
    title: 'install-requirements: there is no such package',
    version: 'v0.1.1',
    keys: (place) => environment(place, 'python3'),
    failure: {
      step: 'install-requirements',
      code: 'command-failed',
      output_tail: expect.stringContaining('no-such-package'),
    },
  },
];

describe('a failure while the services are up', () => {
  const files = {
    'requirements.txt': '--no-index\nno-such-package==1.0\n',
    'server.mjs': '// Another one.\n',
  };
  const hosts = useHosts({
    releases: [
      { tag: 'v0.2.1', base: 'v0.2.0', files },
      { tag: 'v0.1.1', base: 'v0.1.0', files },
    ],
  });

  test.each(faults)('$title', async ({ version, keys, prepare, failure }) => {
    const host = await hosts.open(keys === undefined ? {} : { makeKeys: keys });
    await prepare?.(host);
    const before = await host.look();
    const { result } = await host.upgrade({ version });
    expect(result).toMatchObject({
      status: 'rolled_back',
      current_version: 'v0.1.0',
      downtime_ms: 0,
      details: ['Nothing was stopped or changed'],
    });
    expect(result.failure).toMatchObject(failure);
    await expectUntouched(host, before, true);
  });
});
