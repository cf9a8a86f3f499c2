// Makes small tenants of the demo's app that share one web server: each has a work tree, a database and a site of its own.
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../run_program.js';
import { writeYaml } from '../write_yaml.js';
import { findPackageRoot } from './find_package_root.js';
import type { AppRepository } from './make_app_repository.js';
import { cloneApp, describeTenant, sqliteVariable, type DemoTenant } from './make_tenant.js';

export interface SiteWish {
  slug: string;
  /** The tag that it is on. */
  version: string;
  /** The folder of its host. */
  host: string;
}

export interface SitesOptions {
  /** For the web server's own files, and for what is in the works; made here. */
  folder: string;
  repository: AppRepository;
  port: number;
  wishes: readonly SiteWish[];
}

export interface Sites {
  tenants: DemoTenant[];
  /** The web server's command line, and what is added to its environment. */
  argv: readonly [string, ...string[]];
  env: Readonly<Record<string, string>>;
}

/**
 * Makes `folder`, the tenants, in parallel as copies of one tenant of each version, and switches their sites on; the caller
 * starts the web server. Their tenant files are written last: from then on their hosts know them.
 */
export async function makeSites({ folder, repository, port, wishes }: SitesOptions): Promise<Sites> {
  await cp(path.join(findPackageRoot(import.meta.dirname), 'deploy/demo/app/sites'), folder, { recursive: true });
  const toggle = path.join(folder, 'switch');
  const versions = [...new Set(wishes.map(({ version }) => version))];
  const models = new Map(
    await Promise.all(
      versions.map(async (version) => [version, await makeModel({ folder, repository, version })] as const),
    ),
  );
  const tenants = await Promise.all(
    wishes.map(async ({ slug, version, host }) => {
      const tenant = describeSite(await describeTenant({ folder: host, slug, repository, version, port }), toggle);
      await cp(models.get(version) ?? '', path.dirname(tenant.appDir), { recursive: true });
      await runProgram([toggle, 'on'], { cwd: tenant.appDir, env: tenant.env });
      return tenant;
    }),
  );
  for (const { configFile, keys } of tenants) await writeYaml(configFile, keys);
  return {
    tenants,
    argv: [process.execPath, path.join(folder, 'server.mjs'), String(port), ...tenants.map(({ dataDir }) => dataDir)],
    env: { ...sqliteVariable, DATA_DIR: folder },
  };
}

/** The folder of a tenant of this version, with the files that any tenant of it has. */
async function makeModel({
  folder,
  repository,
  version,
}: Pick<SitesOptions, 'folder' | 'repository'> & { version: string }): Promise<string> {
  const { appDir, dataDir, env } = await describeTenant({ folder, slug: version, repository, version, port: 0 });
  await mkdir(dataDir, { recursive: true });
  await cloneApp({ repository, version, appDir });
  await runProgram(['bin/setup'], { cwd: appDir, env });
  return path.dirname(appDir);
}

/** The same tenant with a site of the web server in place of a service. */
function describeSite(tenant: DemoTenant, toggle: string): DemoTenant {
  const url = `${tenant.url}/${tenant.slug}`;
  const services = { start: [toggle, 'on'], stop: [toggle, 'off'], status: [toggle, 'status'] };
  return { ...tenant, url, keys: { ...tenant.keys, services, health: { url: `${url}/health`, timeout: '20s' } } };
}
