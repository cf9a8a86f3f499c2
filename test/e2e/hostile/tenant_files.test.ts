// A tenant that puts what hangs or never ends where the agent looks for files of its own: the agent goes on answering.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { seeChange } from '../../helpers/see_change.js';
import { hookScript, runShell, useHosts } from '../upgrade/hosts.js';

/** Each makes something at the path in `$1`. */
const oddThings = {
  'a FIFO': 'mkfifo "$1"',
  'a link to a device without an end': 'ln -s /dev/zero "$1"',
  'a folder': 'mkdir "$1"',
};

/** Makes the odd thing at the path of this upgrade's rollback marker; with a file `gate` it then waits. */
const plant = (script: string) =>
  hookScript(
    'post-pull',
    `set -- "$DATA_DIR/.drover-rolled-back-$DEPLOY_UPGRADE_ID"; ${script}
touch "$DATA_DIR/planted"
while [ -e "$DATA_DIR/gate" ]; do sleep 0.02; done`,
  );

const things = Object.entries(oddThings).map(([thing, script], index) => ({ thing, script, tag: `v0.2.${index + 1}` }));

const hosts = useHosts({
  user: 'nobody',
  releases: things.map(({ tag, script }) => ({
    tag,
    base: 'v0.2.0',
    files: { [`release/${tag}.sh`]: plant(script) },
  })),
});

/** Cheap to upgrade: neither service nor database is touched. */
const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none' };
const wish = { makeKeys: () => bare, hasService: false };

/** A second tenant beside the host's own, which differs in these keys. */
async function addTenant({ tenant }: AgentHost, keys: Readonly<Record<string, unknown>>): Promise<void> {
  const file = path.join(path.dirname(tenant.configFile), 'second.yaml');
  await writeYaml(file, { ...tenant.keys, ...bare, slug: 'second', ...keys });
}

describe.each(things)('$thing at the path of the rollback marker', ({ tag }) => {
  test('holds nothing up, and an agent after it rolls that upgrade back', async () => {
    const host = await hosts.open(wish);
    await host.stop();
    const agent = await host.start();
    const gate = path.join(host.tenant.dataDir, 'gate');
    await writeFile(gate, '');
    const client = await host.connect();
    const id = await client.ask({ version: tag });
    await seeChange(host.tenant.dataDir, () => existsSync(path.join(host.tenant.dataDir, 'planted')));
    // The next agent looks at the marker: the one before it may have rolled the upgrade back.
    await agent.end('SIGKILL');
    await host.start();
    runShell('rm "$1"', gate);
    const { result } = await (await host.connect()).follow(id);
    expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
    expect((await host.upgrade({ version: 'v0.2.0' })).result).toMatchObject({ status: 'success' });
    expect(existsSync(path.join(host.tenant.dataDir, `.drover-rolled-back-${id}`))).toBe(false);
  });
});

describe('a tenant whose folder is', () => {
  test.each([
    ['a FIFO', 'mkfifo "$1"'],
    ['a link to a device', 'ln -s /dev/zero "$1"'],
    ['a link to itself', 'ln -s "$1" "$1"'],
  ])('%s is refused, and the others are upgraded', async (_thing, script) => {
    const host = await hosts.open(wish);
    const odd = path.join(host.folder, 'odd');
    runShell(script, odd);
    await addTenant(host, { data_dir: odd });
    await host.stop();
    await host.start();
    const client = await host.connect();
    const id = await client.ask({ version: 'v0.2.0' }, { tenant: 'second' });
    expect((await client.follow(id)).result).toMatchObject({
      status: 'refused',
      failure: { code: 'config', message: expect.stringContaining('data_dir') },
    });
    expect((await host.upgrade({ version: 'v0.2.0' })).result).toMatchObject({ status: 'success' });
  });
});
