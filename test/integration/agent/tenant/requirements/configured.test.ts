import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRequirements } from '../../../../../agent/tenant/requirements/requirements.js';
import type { RequirementsCommandConfig } from '../../../../../agent/tenant/requirements/schema.js';
import { createMemoryTree } from '../../../../unit/agent/tenant/memory_tree.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';

let fresh: FreshSite;
beforeEach(() => {
  fresh = makeFreshSite();
});
afterEach(() => fresh.remove());

const tree = createMemoryTree({
  c1: { 'package.json': '1', 'patches/a': 'a', 'app.js': '1' },
  c2: { 'package.json': '1', 'patches/a': 'a', 'app.js': '2' },
  c3: { 'package.json': '1', 'patches/a': 'b', 'app.js': '2' },
});
const install = 'mkdir -p modules && echo new >modules/lib && rm -f modules/old';
const config: RequirementsCommandConfig = { run: ['sh', '-c', install], snapshot: 'modules' };

function open(over: Partial<RequirementsCommandConfig> = {}) {
  const requirements = openRequirements({ ...config, ...over });
  if (requirements === null) throw new Error('there are requirements');
  return requirements;
}
const place = (name: string) => path.join(fresh.site.appDir.shown, name);
const planFor = (targetCommit: string, over: Partial<RequirementsCommandConfig> = {}) =>
  open(over).plan({ tree, previousCommit: 'c1', targetCommit, readContext: fresh });

async function workFor(upgradeId: string) {
  const { plan } = await planFor('c2');
  const exportDir = path.join(fresh.folder, 'exported');
  return { upgradeId, plan, tree, targetCommit: 'c2', exportDir, previous: null, timeLimitMs: 10_000 };
}
const shell = (script: string) => {
  const { user, appDir: cwd, env } = fresh.site;
  return fresh.run('shell', { title: script, argv: ['sh', '-c', script], user, cwd, env, timeLimitMs: 10_000 });
};

describe('the plan of a requirements command', () => {
  const whenChanged = { when_changed: ['package.json', 'patches'] };

  test('is to do nothing when none of the named files differ', async () => {
    expect((await planFor('c2', whenChanged)).plan.action).toBe('unchanged');
  });

  test('is to install when a file in a named folder differs', async () => {
    expect((await planFor('c3', whenChanged)).plan.action).toBe('in-place');
  });

  test('is to install every time when no files are named', async () => {
    expect((await planFor('c2')).plan.action).toBe('in-place');
  });

  test('warns that nothing can be put back without a snapshot', async () => {
    const without = openRequirements({ run: config.run });
    const found = await without?.plan({ tree, previousCommit: 'c1', targetCommit: 'c2', readContext: fresh });
    expect(found?.warnings).toEqual([{ code: 'lasting-requirements', text: expect.stringContaining('rollback') }]);
    expect((await planFor('c2')).warnings).toEqual([]);
  });

  test('refuses a program that is not there', async () => {
    await expect(planFor('c2', { run: ['no-such-program'] })).rejects.toMatchObject({ code: 'missing-command' });
  });

  test('refuses a snapshot of a symbolic link', async () => {
    await shell('ln -s elsewhere modules');
    await expect(planFor('c2')).rejects.toMatchObject({ code: 'config' });
  });
});

describe('installing by command', () => {
  test('is undone as it was, also when that is done twice', async () => {
    await shell('mkdir modules && echo old >modules/old && chmod 600 modules/old');
    const work = await workFor('u1');
    await open().install(fresh, work);
    expect(readdirSync(place('modules'))).toEqual(['lib']);
    await open().undo(fresh, work);
    await open().undo(fresh, work);
    expect(readdirSync(place('modules'))).toEqual(['old']);
    expect(readdirSync(fresh.site.appDir.shown)).toEqual(['modules']);
  });

  test('that is begun again keeps the copy from before its first beginning', async () => {
    await shell('mkdir modules && echo old >modules/old');
    const work = await workFor('u1');
    await open().install(fresh, work);
    await open().install(fresh, work);
    await open().undo(fresh, work);
    expect(readdirSync(place('modules'))).toEqual(['old']);
  });

  test('takes the folder away again when there was none before', async () => {
    const work = await workFor('u1');
    await open().install(fresh, work);
    expect(readFileSync(place('modules/lib'), 'utf8')).toBe('new\n');
    await open().undo(fresh, work);
    expect(readdirSync(fresh.site.appDir.shown)).toEqual([]);
  });

  test('that has not begun has nothing to undo', async () => {
    await shell('mkdir modules && echo old >modules/old');
    await open().undo(fresh, await workFor('u1'));
    expect(readdirSync(place('modules'))).toEqual(['old']);
  });

  test('goes on with an undo that was interrupted between its renames', async () => {
    await shell('mkdir modules && echo old >modules/old');
    const work = await workFor('u1');
    await open().install(fresh, work);
    await shell('mv modules modules.before_u1.undone');
    await open().undo(fresh, work);
    expect(readdirSync(place('modules'))).toEqual(['old']);
    expect(readdirSync(fresh.site.appDir.shown)).toEqual(['modules']);
  });

  test('keeps the copy of the latest upgrade only', async () => {
    await shell('mkdir modules');
    await open().install(fresh, await workFor('u1'));
    const latest = await workFor('u2');
    await open().install(fresh, latest);
    await open().discard(fresh, latest);
    expect(existsSync(place('modules.before_u1'))).toBe(false);
    expect(existsSync(place('modules.before_u2'))).toBe(true);
  });
});

test('no requirements are no requirements', () => {
  expect(openRequirements('none')).toBeNull();
});
