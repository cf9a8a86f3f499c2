import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuard } from '../../../../../agent/store/guards/mark.js';
import { createTenantGuard } from '../../../../../agent/store/guards/tenant_guard.js';
import { createUnitGuards, type UnitGuards } from '../../../../../agent/store/guards/unit_guards.js';

let folder: string;
let reloads: number;
let refusal: Error | null;
let guards: UnitGuards;
const place = (...names: string[]) => path.join(folder, ...names);
const reload = async () => {
  if (refusal !== null) throw refusal;
  reloads += 1;
};
const open = () =>
  createUnitGuards({
    guardFolder: place('guards'),
    unitFolder: place('etc'),
    runtimeFolder: place('run'),
    reload,
  });
const dropIn = (unit: string) => place('etc', `${unit}.d`, '50-drover-guard.conf');
const tenants = (units: Record<string, string[]>) => new Map(Object.entries(units));

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drover-guards-'));
  for (const name of ['guards', 'etc', 'run']) mkdirSync(place(name));
  reloads = 0;
  refusal = null;
  guards = open();
});
afterEach(() => rm(folder, { recursive: true }));

describe('the boot guards of units', () => {
  it('are put in place for all tenants with one reload, and then with none', async () => {
    const all = tenants({ acme: ['acme-web.service', 'acme.timer'], bmce: ['bmce@1.service'] });
    await guards.place(all);
    await guards.place(all);
    await guards.require('acme', ['acme.timer']);
    expect(reloads).toBe(1);
    expect(
      readFileSync(dropIn('acme.timer'), 'utf8'),
    ).toBe(`# Written by Drover for the tenant acme. While an upgrade has stopped it, nothing starts this unit:
# \`drover-agent status acme\` says how far it is.
[Unit]
AssertPathExists=!${place('guards', 'acme')}
RequiresMountsFor=${place('guards')}
`);
    // The instance has it, never its template.
    expect(existsSync(dropIn('bmce@1.service'))).toBe(true);
    expect(existsSync(dropIn('bmce@.service'))).toBe(false);
  });

  it('name the folder of the marks itself where it is reached by a link: systemd waits for its disk', async () => {
    symlinkSync(place('guards'), place('link'));
    const guardFolder = place('link');
    const linked = createUnitGuards({ guardFolder, unitFolder: place('etc'), runtimeFolder: place('run'), reload });
    await linked.require('acme', ['web.service']);
    expect(readFileSync(dropIn('web.service'), 'utf8')).toContain(`RequiresMountsFor=${place('guards')}\n`);
  });

  it('of units that no tenant has any more go, but for those that an upgrade holds back', async () => {
    await guards.place(tenants({ acme: ['old.service', 'web.service'], bmce: ['held.service'] }));
    mkdirSync(place('etc', 'foreign.service.d'));
    writeFileSync(dropIn('foreign.service'), '[Unit]\nAssertPathExists=!/of/another/agent\n');
    await createGuard(place('guards'), { slug: 'bmce', id: 'u1' }).raise();
    await guards.place(tenants({ acme: ['web.service'] }));
    expect(['old', 'web', 'held', 'foreign'].map((name) => existsSync(dropIn(`${name}.service`)))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(reloads).toBe(2);
  });

  it('are there while an upgrade holds a tenant back, also where its file no longer names the unit', async () => {
    await guards.place(tenants({ acme: ['old.service'] }));
    await guards.place(tenants({ acme: ['new.service'] }));
    expect(existsSync(dropIn('old.service'))).toBe(false);
    const upgrade = { guardFolder: place('guards'), slug: 'acme', id: 'u1', units: ['old.service'] };
    const guard = createTenantGuard(guards, upgrade);
    await guard.raise();
    await guard.raise();
    await guards.place(tenants({}));
    expect(existsSync(dropIn('old.service'))).toBe(true);
    expect(reloads).toBe(3);
    await guard.lower();
    await guards.place(tenants({}));
    expect(existsSync(dropIn('old.service'))).toBe(false);
  });

  it('go with their folders, but for those that hold something else', async () => {
    await guards.place(tenants({ acme: ['old.service', 'web.service'] }));
    writeFileSync(place('etc', 'web.service.d', 'override.conf'), '[Service]\nNice=5\n');
    await guards.place(tenants({}));
    expect(existsSync(place('etc', 'old.service.d'))).toBe(false);
    expect(existsSync(place('etc', 'web.service.d', 'override.conf'))).toBe(true);
  });

  it('are read by systemd also where the agent died before it had said so', async () => {
    refusal = new Error('Failed to reload daemon');
    await expect(guards.require('acme', ['web.service'])).rejects.toMatchObject({
      code: 'unguarded',
      message: expect.stringContaining('Failed to reload daemon'),
    });
    refusal = null;
    await open().require('acme', ['web.service']);
    expect(reloads).toBe(1);
  });

  it('are lifted until the next plan where a mark cannot be removed', async () => {
    await guards.require('acme', ['web.service']);
    await guards.lift(['web.service']);
    const lift = place('run', 'web.service.d', '60-drover-lifted.conf');
    expect(readFileSync(lift, 'utf8')).toMatch(/^AssertPathExists=$/m);
    await guards.require('acme', ['web.service']);
    expect(existsSync(lift)).toBe(false);
    expect(reloads).toBe(3);
  });
});

const guard = (id: string) => createGuard(place('guards'), { slug: 'acme', id });

describe('the mark of a tenant', () => {
  it('is raised and lowered by its upgrade, however often', async () => {
    await guard('u1').raise();
    await guard('u1').raise();
    expect(readFileSync(place('guards', 'acme'), 'utf8')).toBe('u1\n');
    await guard('u1').lower();
    await guard('u1').lower();
    expect(existsSync(place('guards', 'acme'))).toBe(false);
  });

  it('of a later upgrade is not lowered by the clean-up of the one before', async () => {
    await guard('u2').raise();
    await guard('u1').lower();
    expect(readFileSync(place('guards', 'acme'), 'utf8')).toBe('u2\n');
  });
});
