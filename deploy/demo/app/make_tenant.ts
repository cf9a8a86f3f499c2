// Makes a tenant that runs the demo's app: work tree, data, three notes, its service, and its tenant file.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { currentUser, findUser } from '../../../agent/command/user.js';
import { programPath, runProgram } from '../run_program.js';
import { writeYaml } from '../write_yaml.js';
import type { AppRepository } from './make_app_repository.js';
import { tenantsFolder } from './make_host.js';
import { addNotes, waitUntilHealthy } from './notes_client.js';

export interface DemoTenant {
  slug: string;
  appDir: string;
  dataDir: string;
  port: number;
  /** `http://127.0.0.1:PORT`. */
  url: string;
  user: { name: string; uid: number; gid: number; home: string };
  /** The whole environment of the app's programs. */
  env: Readonly<Record<string, string>>;
  configFile: string;
  /** The keys of the tenant file; to change them, `writeYaml(configFile, { ...keys, … })`. */
  keys: Readonly<Record<string, unknown>>;
}

export interface TenantOptions {
  /** The host's folder; the host itself need not exist yet. */
  folder: string;
  slug: string;
  repository: AppRepository;
  /** The tag that the tenant is on. */
  version: string;
  /** The name of an account; default: the caller's own. */
  user?: string;
  port: number;
}

/** The app uses Drover's SQLite library, because Node 20 has no `node:sqlite`. */
export const sqliteVariable = { DEMO_SQLITE: createRequire(import.meta.url).resolve('@photostructure/sqlite') };

/** The tenant, of which nothing is made. */
export async function describeTenant(options: TenantOptions): Promise<DemoTenant> {
  const { folder, slug, repository, port } = options;
  const user = options.user === undefined ? currentUser() : await findUser(options.user);
  const home = path.join(folder, 'tenants', slug);
  const [appDir, dataDir] = [path.join(home, 'app'), path.join(home, 'data')];
  const environment = { PATH: programPath, ...sqliteVariable };
  return {
    slug,
    appDir,
    dataDir,
    port,
    user,
    keys: tenantKeys({ slug, appDir, dataDir, user: user.name, repo: repository.url, port, environment }),
    url: `http://127.0.0.1:${port}`,
    env: { ...environment, HOME: home, APP_DIR: appDir, DATA_DIR: dataDir },
    configFile: path.join(tenantsFolder(folder), `${slug}.yaml`),
  };
}

/** Makes the tenant and returns once its service answers; the caller stops it with `controlTenant(tenant, 'stop')`. */
export async function makeTenant(options: TenantOptions): Promise<DemoTenant> {
  const { folder, repository, version, port } = options;
  const tenant = await describeTenant(options);
  const { appDir, dataDir, user } = tenant;
  await mkdir(dataDir, { recursive: true });
  await writeFile(path.join(dataDir, 'port'), `${port}\n`);
  await cloneApp({ repository, version, appDir });
  await runProgram(['chown', '--recursive', `${user.uid}:${user.gid}`, path.dirname(appDir)], { cwd: folder });
  await runProgram(['bin/setup'], { cwd: appDir, env: tenant.env, user });

  await controlTenant(tenant, 'start');
  await waitUntilHealthy(tenant.url);
  await addNotes(tenant.url, ['Water the plants #home', 'Call the bank #money #today', 'Read about release hooks']);
  await mkdir(tenantsFolder(folder), { recursive: true, mode: 0o755 });
  await writeYaml(tenant.configFile, tenant.keys);
  return tenant;
}

/** Makes the work tree, whose parent exists. */
export async function cloneApp(
  tree: Pick<TenantOptions, 'repository' | 'version'> & { appDir: string },
): Promise<void> {
  const { repository, version, appDir } = tree;
  const words = ['clone', '--quiet', '--config=advice.detachedHead=false', `--branch=${version}`] as const;
  await runProgram(['git', ...words, repository.url, appDir], { cwd: path.dirname(appDir) });
}

/** Starts or stops the tenant's service, with the command of its tenant file. May be called again. */
export async function controlTenant({ appDir, env, user }: DemoTenant, action: 'start' | 'stop'): Promise<void> {
  await runProgram(['bin/ctl', action], { cwd: appDir, env, user });
}

function tenantKeys(tenant: {
  slug: string;
  appDir: string;
  dataDir: string;
  user: string;
  repo: string;
  port: number;
  environment: Readonly<Record<string, string>>;
}): Record<string, unknown> {
  return {
    slug: tenant.slug,
    app_dir: tenant.appDir,
    data_dir: tenant.dataDir,
    user: tenant.user,
    repo: tenant.repo,
    trust: 'any-tag',
    services: { start: ['bin/ctl', 'start'], stop: ['bin/ctl', 'stop'], status: ['bin/ctl', 'status'] },
    database: { sqlite: 'notes.db' },
    requirements: 'none',
    migrations: { files: 'scripts/*.mjs', run: ['node', '{file}'] },
    health: { url: `http://127.0.0.1:${tenant.port}/health`, timeout: '20s' },
    environment: tenant.environment,
  };
}
