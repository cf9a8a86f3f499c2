import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandSpec } from '../../../../../agent/command/spec.js';
import { runMigrations } from '../../../../../agent/tenant/migrations/run_migrations.js';
import type { CommandLine } from '../../../../../agent/tenant/values.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';

let site: FreshSite;
let ran: { key: string; spec: CommandSpec }[];
beforeEach(() => {
  site = makeFreshSite();
  ran = [];
});
afterEach(() => site.remove());

const planned = (...files: string[]) => files.map((file) => ({ file, sha256: '', tag: 'v1' }));
const log = () => readFileSync(path.join(site.site.appDir.shown, 'log'), 'utf8');

function migrate(files: string[], run: CommandLine) {
  const context = {
    ...site,
    run: (key: string, spec: CommandSpec) => {
      ran.push({ key, spec });
      return site.run(key, spec);
    },
  };
  const env = { ...site.site.env, DEPLOY_TAG: 'v1' };
  const config = { files: '*', exclude: [], renamed: {}, run };
  const toRun = { config, migrations: planned(...files), env, timeLimitMs: 10_000, exportDir: null };
  return runMigrations(context, toRun);
}

describe('runMigrations', () => {
  test('runs one command per file, in order, in the app folder with the given environment', async () => {
    const done = await migrate(['b.sql', 'a b.sql'], ['sh', '-c', 'echo "$DEPLOY_TAG $1" >>log', 'sh', 'in={file}']);
    expect(done).toEqual(['b.sql', 'a b.sql']);
    expect(log()).toBe('v1 in=b.sql\nv1 in=a b.sql\n');
    expect(ran.map(({ key, spec }) => [key, spec.migration])).toEqual([
      ['migration.b.sql', 'b.sql'],
      ['migration.a b.sql', 'a b.sql'],
    ]);
  });

  test('stops at the first that fails', async () => {
    const failing: CommandLine = ['sh', '-c', 'echo "$1" >>log; test "$1" != b', 'sh', '{file}'];
    await expect(migrate(['a', 'b', 'c'], failing)).rejects.toMatchObject({ code: 'command-failed' });
    expect(log()).toBe('a\nb\n');
  });

  test('keeps a name that starts with a dash from being an option', async () => {
    writeFileSync(path.join(site.site.appDir.shown, '-n'), 'words\n');
    await migrate(['-n'], ['cp', '{file}', 'log']);
    expect(log()).toBe('words\n');
  });

  test('puts a name in as it stands', async () => {
    await migrate(['$&.sql'], ['sh', '-c', 'echo "$1" >>log', 'sh', '{file}']);
    expect(log()).toBe('$&.sql\n');
  });

  test('runs a configured command once and answers with its words', async () => {
    const command: CommandLine = ['sh', '-c', 'echo ran >>log'];
    const done = await runMigrations(site, {
      config: { command },
      migrations: [],
      env: site.site.env,
      timeLimitMs: 10_000,
      exportDir: null,
    });
    expect(done).toEqual(['sh -c echo ran >>log']);
    expect(log()).toBe('ran\n');
  });
});
