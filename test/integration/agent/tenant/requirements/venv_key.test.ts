// What an environment is keyed by: everything that it is made of.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
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
  c1: { 'requirements.txt': 'tiny==1.0\n' },
  c2: { 'requirements.txt': 'tiny==2.0\n' },
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

const shebang = (folder: string) => readFileSync(path.join(folder, 'venv/bin/pip'), 'utf8').split('\n')[0];
const keyOf = async () => (await planFor('c1')).plan.key;

describe('an environment is built anew', () => {
  test('where the app folder was copied from another tenant: the other one’s never runs', async () => {
    await upgradeTo('c1');
    const original = site.appDir;
    execFileSync('cp', ['-a', original.shown, original.parent.join('copied').shown]);
    site = { ...site, appDir: original.parent.join('copied') };
    expect((await planFor('c1')).plan.action).toBe('ahead');
    await upgradeTo('c1');
    expect(shebang(site.appDir.shown)).toContain(`${site.appDir.shown}/venv.d/`);
    expect(shebang(original.shown)).toContain(`${original.shown}/venv.d/`);
    expect(await tinyVersion()).toBe('1.0');
    // By another name of the same folder it is the same.
    symlinkSync('copied', original.parent.join('linked').shown);
    site = { ...site, appDir: original.parent.join('linked') };
    expect((await planFor('c1')).plan.action).toBe('unchanged');
  });

  test('where an operator asks for it, beside the one in use', async () => {
    const first = await switchTo('c1');
    const { plan } = await planFor('c1');
    expect(plan).toMatchObject({ action: 'unchanged', reason: expect.stringContaining('venv.d/rebuild') });
    await shell('date >venv.d/rebuild');
    const again = await switchTo('c1');
    expect(again.plan.key).not.toBe(first.plan.key);
    await requirements.discard(context(), again);
    expect(new Set(readdirSync(place('venv.d')))).toEqual(new Set([first.plan.key, again.plan.key, 'rebuild']));
    expect((await planFor('c1')).plan.action).toBe('unchanged');
  });

  test('where pip has other options, or another interpreter makes it', async () => {
    const keys = [await keyOf()];
    const { env } = site;
    site = { ...site, env: { ...env, PIP_EXTRA_INDEX_URL: 'https://pypi.example.com' } };
    keys.push(await keyOf());
    const config = path.join(fresh.folder, 'pip.conf');
    writeFileSync(config, '[install]\nno-deps = true\n');
    site = { ...site, env: { ...env, PIP_CONFIG_FILE: config } };
    keys.push(await keyOf());
    writeFileSync(config, '[install]\nno-deps = false\n');
    keys.push(await keyOf());
    site = { ...site, env };
    const python = path.join(fresh.folder, 'python');
    copyFileSync(path.join(pythons, 'python'), python);
    keys.push((await planFor('c1', open({ python }))).plan.key);
    expect(new Set(keys).size).toBe(5);
    expect(await keyOf()).toBe(keys[0]);
  });

  test('only in folders that the tenant may write to', async () => {
    await shell('mkdir venv.d');
    chownSync(place('venv.d'), 0, 0);
    await expect(planFor('c1')).rejects.toMatchObject({
      code: 'work-tree',
      message: expect.stringContaining(`${place('venv.d')}: it belongs to root`),
      hint: expect.stringContaining(`chown ${site.user.name} ${place('venv.d')}`),
    });
  });

  test('with room for as much as the one in use needs', async () => {
    const work = await switchTo('c1');
    await shell(`head -c 3000000 /dev/zero >venv.d/${work.plan.key}/large`);
    const [need] = (await planFor('c2')).needs;
    expect(need?.folder.shown).toBe(site.appDir.shown);
    expect(need?.bytes).toBeGreaterThan(2_900_000);
  });
});
