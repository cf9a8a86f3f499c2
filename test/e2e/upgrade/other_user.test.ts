// A tenant whose user is not the agent's: what only that one can do to itself, and to nobody else.
import { lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { expectOldVersion, hookScript, useHosts } from './hosts.js';

/** A file that the tenant's user may neither read nor write. */
const victim = path.join(tmpdir(), `drover-victim-${process.pid}`);

const hosts = useHosts({
  user: 'nobody',
  releases: [
    {
      tag: 'v0.2.3',
      base: 'v0.2.0',
      files: {
        'release/v0.2.3.sh': hookScript(
          'post-pull',
          `cd "$DATA_DIR"; rm -f notes.db notes.db-*; ln -s ${victim} notes.db; exit 3`,
        ),
      },
    },
  ],
});

test('a tenant of another user is put back when a hook makes its database a link to a file of root, which stays as it is', async () => {
  writeFileSync(victim, 'of root');
  onTestFinished(() => rmSync(victim));
  const host = await hosts.open();
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.3' });
  expect(result).toMatchObject({ status: 'rolled_back', failure: { step: 'hooks-post-pull', exit_code: 3 } });
  await expectOldVersion(host, before);
  expect(lstatSync(path.join(host.tenant.dataDir, 'notes.db')).isFile()).toBe(true);
  expect(readFileSync(victim, 'utf8')).toBe('of root');
  expect(statSync(victim).uid).toBe(0);
});
