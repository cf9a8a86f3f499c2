// What the demo runs on, all in one temporary folder: the app's repository, a controller, a host, and three tenants.
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { findFreePort } from './app/find_free_port.js';
import { makeAppRepository, type AppRepository } from './app/make_app_repository.js';
import { makeController, type DemoController } from './app/make_controller.js';
import { makeHost, type DemoAgent, type DemoHost } from './app/make_host.js';
import { makeTenant, type DemoTenant } from './app/make_tenant.js';
import { writeWrappers } from './write_wrappers.js';

export type { DemoController };

export interface Setup {
  folder: string;
  /** Holds `drover`, `drover-agent` and `drover-controller`, which know the files of this demo. */
  bin: string;
  repository: AppRepository;
  /** Null with `--agent-only`. */
  controller: DemoController | null;
  host: DemoHost;
  agent: DemoAgent;
  tenants: { anna: DemoTenant; bert: DemoTenant; carol: DemoTenant };
  /** The program that the demo upgrades tenants with. */
  program: 'drover' | 'drover-agent';
  /** Aborts on Ctrl-C, or when the demo's output is closed. */
  signal: AbortSignal;
}

export interface SetupOptions {
  hasController: boolean;
  signal: AbortSignal;
}

/** Builds it in `folder`, an empty folder. Afterwards the tenants' services run, and no program of Drover. */
export async function buildSetup(folder: string, { hasController, signal }: SetupOptions): Promise<Setup> {
  // mkdtemp closes the folder to other users, but git and the tenants' programs check every folder above them.
  await chmod(folder, 0o755);
  const repository = await makeAppRepository(path.join(folder, 'notes.git'));
  signal.throwIfAborted();
  const controller = hasController ? await makeController(path.join(folder, 'controller'), await findFreePort()) : null;
  // `drover rollback` is one of the commands that a reader can try.
  const keys = controller === null ? {} : { tenant_defaults: { allow_remote: ['rollback'] } };
  const host = await makeHost({ folder: path.join(folder, 'host'), keys });
  const make = async (slug: string, version: string) => {
    signal.throwIfAborted();
    return makeTenant({ folder: host.folder, slug, repository, version, port: await findFreePort() });
  };
  const tenants = {
    anna: await make('anna', 'v0.1.0'),
    bert: await make('bert', 'v0.3.0'),
    carol: await make('carol', 'v0.2.0'),
  };
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  await writeWrappers(bin, { host, controller });
  const program = controller === null ? 'drover-agent' : 'drover';
  return {
    folder,
    bin,
    repository,
    controller,
    host,
    agent: { program: 'drover-agent', host, logFile: path.join(folder, 'agent.log') },
    tenants,
    program,
    signal,
  };
}
