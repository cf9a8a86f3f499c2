// Migrations that a release renames, and those that a command of the app runs.
import { beforeAll, expect, test } from 'vitest';
import { expectUntouched, runShell, useHosts } from './hosts.js';

const hosts = useHosts({ inProcess: true, releases: [] });

beforeAll(() => {
  runShell(
    `cd "$1"; git checkout -qB side v0.2.0; git mv scripts/002_add_author.mjs scripts/0002_author.mjs
    git -c user.name=a -c user.email=a@b commit -qm x; git tag v0.2.1; git checkout -qf main`,
    hosts.template().repository.folder,
  );
});

const files = { files: 'scripts/*.mjs', run: ['node', '{file}'] };

test('a migration that a release renames does not run again, and blocks until the tenant file says what it was', async () => {
  const host = await hosts.open({ makeKeys: () => ({ migrations: files }) });
  expect((await host.upgrade({ version: 'v0.2.0' })).result.migrations_run).toEqual(['scripts/002_add_author.mjs']);
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: {
      code: 'renamed-migration',
      message: expect.stringContaining('scripts/0002_author.mjs is pending, but scripts/002_add_author.mjs'),
      hint: expect.stringContaining('renamed: { "scripts/0002_author.mjs": "scripts/002_add_author.mjs" }'),
    },
  });
  await expectUntouched(host, before);
});

test('a renamed migration counts as applied where the tenant had the old one', async () => {
  const renamed = { 'scripts/0002_author.mjs': 'scripts/002_add_author.mjs' };
  const host = await hosts.open({ makeKeys: () => ({ migrations: { ...files, renamed } }) });
  await host.upgrade({ version: 'v0.2.0' });
  const { result } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({ status: 'success', migrations_run: [] });
  const applied = (await host.look()).record?.applied_migrations.map(({ file }) => file);
  expect(applied).toContain('scripts/0002_author.mjs');
});

test('of migrations that a command runs the plan says who knows them, with the names that it lists', async () => {
  const list = ['sh', '-c', 'test "$DEPLOY_TARGET_TAG" = v0.2.0 && printf "0007_x\\n\\n0008_y\\n"'];
  const host = await hosts.open({
    makeKeys: () => ({ migrations: { command: ['node', 'scripts/002_add_author.mjs'], list } }),
  });
  const client = await host.connect();
  expect(await client.plan({ version: 'v0.2.0' })).toMatchObject({
    migrations_by: 'node scripts/002_add_author.mjs',
    migrations: [{ file: '0007_x' }, { file: '0008_y' }],
    warnings: [],
  });
  expect(await client.plan({ version: 'v0.2.1' })).toMatchObject({
    migrations: [],
    warnings: [expect.stringMatching(/^migrations\.list \(sh .*\) named no pending migrations: exit 1/)],
  });
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'success', migrations_run: ['node scripts/002_add_author.mjs'] });
  expect(result.details).toContain('Migrations ran by node scripts/002_add_author.mjs');
  expect(result.details.join()).not.toContain('Ran 1 migrations');
});
