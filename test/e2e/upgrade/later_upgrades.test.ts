// Upgrades of a tenant that was upgraded before: what the last one left, and the way to a lower version.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { expectUntouched, hookScript, useHosts } from './hosts.js';

const changed = '// Another text than the one that was applied.\n';
const migration = readFileSync(
  path.join(import.meta.dirname, '../../../deploy/demo/app/files/v0.2.0/scripts/002_add_author.mjs'),
  'utf8',
);
const append = hookScript('post-pull', 'echo "from the hook" >>"$APP_DIR/README.md"');

const hosts = useHosts({
  releases: [
    { tag: 'v0.2.1', base: 'v0.2.0', files: { 'release/v0.2.1.sh': append } },
    { tag: 'v0.2.2', base: 'v0.2.1', files: {} },
    { tag: 'v0.2.3', base: 'v0.2.0', files: { 'scripts/002_add_author.mjs': migration + changed } },
  ],
});

test('a file that the hooks of the last upgrade have modified is no hindrance, until somebody else modifies it', async () => {
  const host = await hosts.open();
  expect((await host.upgrade({ version: 'v0.2.1' })).result.status).toBe('success');
  const readme = path.join(host.tenant.appDir, 'README.md');
  appendFileSync(readme, 'from somebody else\n');
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.2' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { code: 'modified-files', message: expect.stringContaining('README.md') },
  });
  await expectUntouched(host, before);
  // As the hook left it.
  const text = readFileSync(readme, 'utf8');
  writeFileSync(readme, text.replace('from somebody else\n', ''));
  expect((await host.upgrade({ version: 'v0.2.2' })).result).toMatchObject({ status: 'success' });
});

test('a migration that was changed after it was applied is warned of, and not run again', async () => {
  const host = await hosts.open();
  expect((await host.upgrade({ version: 'v0.2.0' })).result.status).toBe('success');
  const { result } = await host.upgrade({ version: 'v0.2.3' });
  expect(result).toMatchObject({
    status: 'success',
    migrations_run: [],
    warnings: [expect.stringContaining('scripts/002_add_author.mjs')],
  });
});

test('a lower version is checked out where that is asked for, without hooks and migrations', async () => {
  const host = await hosts.open();
  expect((await host.upgrade({ version: 'v0.2.0' })).result.status).toBe('success');
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.1.0', allow_downgrade: true });
  expect(result).toMatchObject({
    status: 'success',
    current_version: 'v0.1.0',
    migrations_run: [],
    hooks_executed: [],
  });
  expect(await host.look()).toMatchObject({
    head: 'v0.1.0',
    serves: 'v0.1.0',
    database: before.database,
    hookRuns: before.hookRuns,
  });
});
