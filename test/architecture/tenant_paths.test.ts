// Root opens nothing of a tenant: the rules, and that they see what they forbid.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTenantPathFaults, readModule, type Module } from './tenant_paths.js';

const root = path.join(import.meta.dirname, '../..');

function readModules(): Module[] {
  const names = readdirSync(path.join(root, 'agent'), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => path.join('agent', name));
  return files.map((file) => readModule(file, readFileSync(path.join(root, file), 'utf8')));
}

const modules = readModules();

/** What is found in a new file beside the present ones. */
const findIn = (file: string, lines: readonly string[]) =>
  findTenantPathFaults([...modules, readModule(file, lines.join('\n'))]).faults.filter((fault) =>
    fault.startsWith(file),
  );

describe('a module that sees the paths of tenants', () => {
  it('opens no file, and shows them in messages only', () => {
    expect(modules.length).toBeGreaterThan(150);
    expect(findTenantPathFaults(modules)).toEqual({ faults: [], idle: [] });
  });

  const site = "import type { Site } from '../tenant/site.js';";
  it.each([
    ['node:fs', [site, "import { readFileSync } from 'node:fs';"]],
    ['node:fs/promises', [site, "import * as fs from 'node:fs/promises';"]],
    ['fs', [site, "const fs = await import('fs');"]],
    ['node:module', [site, "import { createRequire } from 'node:module';"]],
    ['chokidar', [site, "import { watch } from 'chokidar';"]],
    ['../../shared/os/files.js', [site, "import { syncFolder } from '../../shared/os/files.js';"]],
    ['process.getBuiltinModule', [site, 'const fs = process.getBuiltinModule(name);']],
    ['node:fs', ["import type { StepContext } from '../upgrade/step.js';", "import { statSync } from 'node:fs';"]],
    [
      'node:fs',
      ["import * as all from '../config/tenant_file/tenant_config.js';", "import { statSync } from 'node:fs';"],
    ],
  ])('is found where it opens files by %s', (opener, lines) => {
    expect(findIn('agent/store/fresh.ts', lines)).toEqual([`agent/store/fresh.ts opens: ${opener}`]);
  });

  it.each([
    ['shows: site.appDir.shown', [site, 'export const use = (site: Site) => open(site.appDir.shown);']],
    ['shows: shown', [site, 'export const use = ({ appDir: { shown } }: Site) => open(shown);']],
    ['text: TenantPath.textOf', [site, 'export const use = (site: Site) => open(TenantPath.textOf(site.appDir));']],
  ])('is found where it makes a text of one (%s)', (fault, lines) => {
    expect(findIn('agent/store/fresh.ts', lines)).toEqual([`agent/store/fresh.ts ${fault}`]);
  });

  it('is found however it comes by them', () => {
    const named = ["import type { Site } from '../tenant/site.js';", 'export interface Own {', '  site: Site;', '}'];
    const again = ["export { type Own as Other } from './own.js';"];
    const user = ["import type { Other } from './again.js';", "import { statSync } from 'node:fs';"];
    const files = { own: named, again, user };
    const fresh = Object.entries(files).map(([name, lines]) => readModule(`agent/store/${name}.ts`, lines.join('\n')));
    expect(findTenantPathFaults([...modules, ...fresh]).faults).toContain('agent/store/user.ts opens: node:fs');
  });
});
