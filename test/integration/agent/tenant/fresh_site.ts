// A tenant without anything in it, owned by the user `nobody`, for tests of one feature.
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TenantPath } from '../../../../agent/command/tenant_path.js';
import { minimalEnvironment, type ReadContext, type Site, type RunContext } from '../../../../agent/tenant/site.js';
import { createTestRun, nobody } from '../../../helpers/agent/run_commands.js';

export interface FreshSite extends ReadContext, RunContext {
  site: Site;
  /** Around the tenant's folder; the tenant's user passes through, but cannot write. */
  folder: string;
  remove: () => Promise<void>;
}

export function makeFreshSite(): FreshSite {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-site-'));
  chmodSync(folder, 0o755);
  const appDir = path.join(folder, 'app');
  mkdirSync(appDir);
  chownSync(appDir, nobody.uid, nobody.gid);
  const place = new TenantPath(appDir);
  const site = { slug: 'testsite', appDir: place, dataDir: place, user: nobody, env: minimalEnvironment(nobody) };
  const commands = createTestRun();
  const remove = async () => {
    await commands.remove();
    await rm(folder, { recursive: true, force: true });
  };
  return { site, folder, run: commands.run, probe: commands.probe, signal: new AbortController().signal, remove };
}
