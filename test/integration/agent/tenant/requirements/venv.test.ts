import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Requirements, RequirementsWork } from '../../../../../agent/tenant/requirements/port.js';
import { openRequirements } from '../../../../../agent/tenant/requirements/requirements.js';
import type { VenvConfig } from '../../../../../agent/tenant/requirements/schema.js';
import type { Site } from '../../../../../agent/tenant/site.js';
import { createMemoryTree } from '../../../../unit/agent/tenant/memory_tree.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';
import { makeQuickPython, makeWheels } from './wheels.js';

/** Environments as Python makes them are built in the end-to-end tests of Python tenants. */
let pythons: string;
let requirements: Requirements;
beforeAll(() => {
  pythons = mkdtempSync(path.join(tmpdir(), 'drover-python-'));
  chmodSync(pythons, 0o755);
  requirements = open({ python: makeQuickPython(pythons) });
});
afterAll(() => rmSync(pythons, { recursive: true }));

let fresh: FreshSite;
let site: Site;
let upgrades: number;
beforeEach(() => {
  fresh = makeFreshSite();
  upgrades = 0;
  const pip = makeWheels(path.join(fresh.folder, 'wheels'), ['1.0', '2.0']);
  site = { ...fresh.site, env: { ...fresh.site.env, ...pip } };
});
afterEach(() => fresh.remove());

const tree = createMemoryTree({
  c1: { 'requirements.txt': '-r base.txt\n', 'base.txt': 'tiny==1.0\n' },
  c2: { 'requirements.txt': '-r base.txt\n', 'base.txt': 'tiny==2.0\n' },
  same: { 'requirements.txt': '-r base.txt\n', 'base.txt': 'tiny==1.0\n', 'app.py': 'changed' },
  impossible: { 'requirements.txt': 'tiny==9.9\n' },
  local: { 'requirements.txt': 'tiny==1.0\n./lib\n' },
  bare: {},
});
const config: VenvConfig = { file: 'requirements.txt', venv: 'venv', prebuild: true, python: 'python3' };

function open(over: Partial<VenvConfig> = {}) {
  const requirements = openRequirements({ ...config, ...over });
  if (requirements === null) throw new Error('there are requirements');
  return requirements;
}
const place = (name: string) => path.join(site.appDir.shown, name);
const context = () => ({ ...fresh, site });
const planFor = (targetCommit: string, from = requirements) =>
  from.plan({ tree, previousCommit: 'c1', targetCommit, readContext: context() });

/** What an upgrade to this commit works with. */
async function workFor(targetCommit: string): Promise<RequirementsWork> {
  const { plan } = await planFor(targetCommit);
  upgrades += 1;
  const exportDir = path.join(fresh.folder, `exported-${upgrades}`);
  const previous = await requirements.readPrevious(context());
  return { upgradeId: `u${upgrades}`, plan, tree, targetCommit, exportDir, previous, timeLimitMs: 60_000 };
}

/** A shell command as the tenant's user, in its folder. */
const shell = async (script: string) => {
  const spec = { title: script, argv: ['sh', '-c', script] as const, user: site.user, cwd: site.appDir };
  const exit = await fresh.run('shell', { ...spec, env: site.env, timeLimitMs: 60_000 });
  return readFileSync(exit.outputPath, 'utf8').trim();
};
const tinyVersion = () => shell('venv/bin/python -c "import tiny; print(tiny.version)"');

/** A switch to an environment that is complete and empty: building takes seconds. */
async function switchTo(commit: string): Promise<RequirementsWork> {
  const work = await workFor(commit);
  await shell(`mkdir -p venv.d/${work.plan.key} && touch venv.d/${work.plan.key}/.complete`);
  await requirements.install(context(), work);
  return work;
}

async function upgradeTo(commit: string): Promise<RequirementsWork> {
  const work = await workFor(commit);
  await requirements.prepare(context(), work);
  await requirements.install(context(), work);
  return work;
}

describe('an upgrade', () => {
  test('builds ahead without touching what is in use, switches, and can be undone', async () => {
    await upgradeTo('c1');
    const work = await workFor('c2');
    expect(work.plan.action).toBe('ahead');

    await requirements.prepare(context(), work);
    expect(await tinyVersion()).toBe('1.0');
    await requirements.install(context(), work);
    expect(await tinyVersion()).toBe('2.0');
    expect(readlinkSync(place('venv'))).toBe(`venv.d/${work.plan.key}`);

    await requirements.undo(context(), work);
    expect(await tinyVersion()).toBe('1.0');
    await requirements.undo(context(), work);
    expect(await tinyVersion()).toBe('1.0');
  });

  test('to the same requirements has nothing to do', async () => {
    await switchTo('c1');
    const { plan } = await planFor('same');
    expect(plan).toMatchObject({ action: 'unchanged' });
    const linked = readlinkSync(place('venv'));
    await upgradeTo('same');
    expect(readlinkSync(place('venv'))).toBe(linked);
  });

  test('whose environment cannot be built fails before anything is switched', async () => {
    const work = await workFor('impossible');
    await expect(requirements.prepare(context(), work)).rejects.toMatchObject({
      code: 'command-failed',
      details: { output_tail: expect.stringContaining('tiny==9.9') },
    });
    await expect(requirements.install(context(), work)).rejects.toMatchObject({ code: 'command-failed' });
    expect(existsSync(place('venv'))).toBe(false);
    await requirements.undo(context(), work);
    expect(existsSync(place('venv'))).toBe(false);
  });

  test('builds anew what an interrupted build left', async () => {
    const work = await workFor('c1');
    await shell(`mkdir -p venv.d/${work.plan.key}/bin && touch venv.d/${work.plan.key}/stale`);
    await requirements.prepare(context(), work);
    expect(existsSync(place(`venv.d/${work.plan.key}/stale`))).toBe(false);
    await requirements.install(context(), work);
    expect(await tinyVersion()).toBe('1.0');
  });

  test('does not build again what is complete', async () => {
    const work = await switchTo('c1');
    await shell(`touch venv.d/${work.plan.key}/kept`);
    await requirements.prepare(context(), work);
    expect(existsSync(place(`venv.d/${work.plan.key}/kept`))).toBe(true);
  });
});

describe('a tenant with a real folder from before', () => {
  test('has it moved aside by the switch and back by the undo', async () => {
    await shell('mkdir venv && echo mine >venv/mine');
    const work = await switchTo('c1');
    expect(existsSync(place('venv/.complete'))).toBe(true);
    await requirements.undo(context(), work);
    expect(lstatSync(place('venv')).isSymbolicLink()).toBe(false);
    expect(readFileSync(place('venv/mine'), 'utf8')).toBe('mine\n');
    await requirements.undo(context(), work);
    expect(readFileSync(place('venv/mine'), 'utf8')).toBe('mine\n');
  });

  test('keeps it when the upgrade is undone before the switch', async () => {
    await shell('mkdir venv && echo mine >venv/mine');
    const work = await workFor('c1');
    await requirements.undo(context(), work);
    expect(readFileSync(place('venv/mine'), 'utf8')).toBe('mine\n');
  });
});

describe('discarding', () => {
  test('leaves the environment in use and the one before it', async () => {
    const first = await switchTo('c1');
    await shell('mkdir venv.d/older venv.before-drover');
    const second = await switchTo('c2');
    await requirements.discard(context(), second);
    expect(new Set(readdirSync(place('venv.d')))).toEqual(new Set([first.plan.key, second.plan.key]));
    expect(existsSync(place('venv.before-drover'))).toBe(false);
  });

  test('keeps the folder from before the first switch until the second', async () => {
    await shell('mkdir venv');
    const work = await switchTo('c1');
    await requirements.discard(context(), work);
    expect(existsSync(place('venv.before-drover'))).toBe(true);
  });
});

describe('the plan', () => {
  test('has one key for the same content, and another when an included file differs', async () => {
    const keys = await Promise.all(['c1', 'same', 'c2'].map(async (commit) => (await planFor(commit)).plan.key));
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });

  test('installs in place, and warns, when a requirement is a local path', async () => {
    const { plan, warnings } = await planFor('local');
    expect(plan.action).toBe('in-place');
    expect(warnings).toEqual([{ code: 'late-requirements', text: expect.stringContaining('./lib') }]);
  });

  test('installs in place when prebuild is off, without a warning', async () => {
    const { plan, warnings } = await planFor('c1', open({ prebuild: false }));
    expect(plan.action).toBe('in-place');
    expect(warnings).toEqual([]);
  });

  test('refuses a version without the file', async () => {
    await expect(planFor('bare')).rejects.toMatchObject({ code: 'missing-file' });
  });

  test('refuses a Python that is not there', async () => {
    await expect(planFor('c1', open({ python: 'python9.9' }))).rejects.toMatchObject({ code: 'missing-command' });
  });
});

describe('installing in place', () => {
  test('builds from the work tree and switches', async () => {
    await shell('printf "tiny==2.0\\n" >requirements.txt');
    const work = await workFor('local');
    await requirements.prepare(context(), work);
    expect(existsSync(place('venv.d'))).toBe(false);
    await requirements.install(context(), work);
    expect(await tinyVersion()).toBe('2.0');
  });
});
