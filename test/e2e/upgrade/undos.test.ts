// Something fails in undoing a step: the tenant waits for an operator, and is put back once the cause is mended.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sample, sampleTitle } from '../../helpers/sample_seed.js';
import type { AgentHost, TenantPlace } from '../../helpers/agent/agent_host.js';
import { deleteNotes, expectOldVersion, hookScript, runShell, unhealthyServer, useHosts } from './hosts.js';

interface Fault {
  step: string;
  title: string;
  /** Of the release that is upgraded to: what makes it fail, and keeps its undo from succeeding. */
  files: (tag: string) => Record<string, string>;
  keys?: (place: TenantPlace) => Record<string, unknown>;
  /** A shell line in the host's folder that mends it. */
  mend: string;
}

const control = readFileSync(path.join(import.meta.dirname, '../../../deploy/demo/app/files/v0.1.0/bin/ctl'), 'utf8');
const failingHook = (phase: string, body: string) => (tag: string) => ({
  [`release/${tag}.${phase}.sh`]: hookScript(phase, `${body}\nexit 3`),
});

const faults: Fault[] = [
  {
    step: 'stop-services',
    title: 'the old version does not start',
    files: failingHook('post-pull', 'touch "$DATA_DIR/broken"'),
    keys: () => ({
      services: {
        start: ['bash', '-c', 'test ! -e "$DATA_DIR/broken" && exec bin/ctl start'],
        stop: ['bin/ctl', 'stop'],
        status: ['bin/ctl', 'status'],
      },
    }),
    mend: 'rm tenants/testsite/data/broken',
  },
  {
    step: 'backup-database',
    title: 'the backup has been moved away',
    files: failingHook('post-pull', `${deleteNotes}\nmv "$DEPLOY_BACKUP_PATH" "$DATA_DIR/aside"`),
    mend: 'cd tenants/testsite/data; record=$(echo *.record.json); mv aside "${record%.record.json}"',
  },
  {
    step: 'hooks-pre-pull',
    title: 'the index of the repository is locked for good',
    files: failingHook('pre-pull', 'echo spoilt >README.md; mkdir -p .git/index.lock/held'),
    mend: 'rm -r tenants/testsite/app/.git/index.lock',
  },
  {
    step: 'checkout',
    title: 'the index of the repository is locked for good',
    files: failingHook('post-pull', 'mkdir -p .git/index.lock/held'),
    mend: 'rm -r tenants/testsite/app/.git/index.lock',
  },
  {
    step: 'install-requirements',
    title: 'the folder of the app has been moved away',
    files: failingHook('pre-migrate', 'mv "$APP_DIR" "$DATA_DIR/app.aside"'),
    keys: () => ({ requirements: { run: ['mkdir', '-p', 'lib'], snapshot: 'lib' } }),
    mend: 'mv tenants/testsite/data/app.aside tenants/testsite/app',
  },
  {
    step: 'record-version',
    title: 'something else has taken the place of the record',
    files: () => ({
      'bin/ctl': control.replace(
        'start() {',
        'start() {\n  rm "$STATE/records/testsite.json"; mkdir "$STATE/records/testsite.json"; exit 6',
      ),
    }),
    keys: ({ stateFolder }) => ({
      services: {
        start: ['env', `STATE=${stateFolder}`, 'bin/ctl', 'start'],
        stop: ['bin/ctl', 'stop'],
        status: ['bin/ctl', 'status'],
      },
    }),
    mend: 'rmdir state/records/testsite.json',
  },
  {
    step: 'start-services',
    title: 'the new version does not stop',
    files: () => ({
      'server.mjs': unhealthyServer(''),
      'bin/ctl': control.replace('stop() {', 'stop() {\n  test -e "$DATA_DIR/mended" || exit 4'),
    }),
    keys: ({ health }) => ({ health: { url: health, interval: '20ms', successes: 2, timeout: '1s' } }),
    mend: 'touch tenants/testsite/data/mended',
  },
];

const releaseOf = (fault: Fault) => `v0.2.${faults.indexOf(fault) + 1}`;
const mend = ({ folder }: AgentHost, script: string) => runShell(`cd "$1/host"; ${script}`, folder);

describe(`an undo that fails (${sampleTitle})`, () => {
  const hosts = useHosts({
    inProcess: true,
    releases: faults.map((fault) => ({ tag: releaseOf(fault), base: 'v0.2.0', files: fault.files(releaseOf(fault)) })),
  });

  test.each(sample(faults, 3))(
    'of $step waits for an operator, and goes on once that is mended: $title',
    async (fault) => {
      const host = await hosts.open(fault.keys === undefined ? {} : { makeKeys: fault.keys });
      const before = await host.look();
      const { id, result } = await host.upgrade({ version: releaseOf(fault) });
      expect(result).toMatchObject({ status: 'failed', failure: { step: fault.step, needs_operator: true } });
      expect(result.failure?.hint).toContain('drover-agent resume testsite');

      mend(host, fault.mend);
      const client = await host.connect();
      await client.command({ type: 'resume', accept: false });
      const resumed = await client.follow(id, { finishes: 2 });
      expect(resumed.result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
      await expectOldVersion(host, before);
    },
  );

  test('is gone on with by `resume`, which a rollback names once the code is back', async () => {
    const [fault] = faults;
    if (fault?.keys === undefined) throw new Error('there is no such fault');
    const host = await hosts.open({ makeKeys: fault.keys });
    const before = await host.look();
    const { id, result } = await host.upgrade({ version: releaseOf(fault) });
    expect(result).toMatchObject({ status: 'failed', failure: { step: fault.step, needs_operator: true } });
    expect((await host.look()).head).toBe('v0.1.0');
    mend(host, fault.mend);
    const client = await host.connect();
    await expect(client.command({ type: 'rollback', restore_database: false })).rejects.toMatchObject({
      code: 'unresolved',
      message: expect.stringContaining('is incomplete'),
      hint: expect.stringContaining('`drover-agent resume testsite`'),
    });
    await client.command({ type: 'resume', accept: false });
    expect((await client.follow(id, { finishes: 2 })).result.status).toBe('rolled_back');
    await expectOldVersion(host, before);
  });
});
