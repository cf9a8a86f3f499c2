// Finding the program of a configured command.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TenantPath } from '../../../../agent/command/tenant_path.js';
import { createProbe } from '../../../../agent/command/probe.js';
import { currentUser } from '../../../../agent/command/user.js';
import { findCommands } from '../../../../agent/tenant/find_command.js';
import type { CommandLine } from '../../../../agent/tenant/values.js';
import type { Site } from '../../../../agent/tenant/site.js';

let folder: string;
let site: Site;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'drover-find-'));
  await mkdir(path.join(folder, 'bin'));
  await writeFile(path.join(folder, 'bin/ctl'), '#!/bin/bash\n', { mode: 0o755 });
  site = {
    slug: 'testsite',
    appDir: new TenantPath(folder),
    dataDir: new TenantPath(folder),
    user: currentUser(),
    env: {},
  };
});
const probe = createProbe({ agentUid: currentUser().uid, signal: new AbortController().signal });
const findCommand = async (command: CommandLine, of: Site) => {
  const [found] = await findCommands([command], { site: of, probe });
  return found?.shown ?? null;
};
afterEach(() => rm(folder, { recursive: true }));

test('a path is taken from app_dir', async () => {
  expect(await findCommand(['bin/ctl', 'start'], site)).toBe(path.join(folder, 'bin/ctl'));
});

test('an absolute path is taken as it is', async () => {
  expect(await findCommand(['/bin/sh'], site)).toBe('/bin/sh');
  expect(await findCommand([path.join(folder, 'bin/none')], site)).toBeNull();
});

test('a name is looked for on the tenant’s PATH, and on no other', async () => {
  expect(await findCommand(['ctl'], { ...site, env: { PATH: `/nowhere:${folder}/bin` } })).toBe(
    path.join(folder, 'bin/ctl'),
  );
  expect(await findCommand(['sh'], { ...site, env: { PATH: `${folder}/bin` } })).toBeNull();
});

test('without a PATH of the tenant the usual one counts', async () => {
  expect(await findCommand(['sh'], site)).toMatch(/\/bin\/sh$/);
});

test('a link to a program is one', async () => {
  await symlink('ctl', path.join(folder, 'bin/link'));
  expect(await findCommand(['bin/link'], site)).toBe(path.join(folder, 'bin/link'));
});

test('what cannot be executed is none: a folder, a file without the x bit, a dangling link', async () => {
  await chmod(path.join(folder, 'bin/ctl'), 0o644);
  await symlink('gone', path.join(folder, 'bin/link'));
  expect(await findCommand(['bin/ctl'], site)).toBeNull();
  expect(await findCommand(['./bin'], site)).toBeNull();
  expect(await findCommand(['bin/link'], site)).toBeNull();
});
