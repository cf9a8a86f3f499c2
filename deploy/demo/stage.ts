// What the demo plays on, all in one temporary folder: the app's repository, a host, three tenants, and the agent.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort } from './app/find_free_port.js';
import { makeAppRepository, type AppRepository } from './app/make_app_repository.js';
import { makeHost, type DemoHost } from './app/make_host.js';
import { makeTenant, type DemoTenant } from './app/make_tenant.js';

export interface Stage {
  folder: string;
  repository: AppRepository;
  host: DemoHost;
  /** The wrapper script `bin/drover-agent`, which knows this host's configuration. */
  program: string;
  agentLog: string;
  tenants: { anna: DemoTenant; bert: DemoTenant; carol: DemoTenant };
  /** Aborts when the reader has had enough. */
  signal: AbortSignal;
}

/** The compiled program of the agent. */
export const agentMain = fileURLToPath(new URL('../../agent/main.js', import.meta.url));

/** Builds it in `folder`, which is there and empty. The tenants' services run afterwards, the agent does not. */
export async function buildStage(folder: string, signal: AbortSignal): Promise<Stage> {
  // A temporary folder is closed to others, but git and the tenants' programs look at the way to where they are.
  await chmod(folder, 0o755);
  const repository = await makeAppRepository(path.join(folder, 'notes.git'));
  signal.throwIfAborted();
  const host = await makeHost({ folder: path.join(folder, 'host') });
  const make = async (slug: string, version: string) => {
    signal.throwIfAborted();
    return makeTenant({ folder: host.folder, slug, repository, version, port: await findFreePort() });
  };
  const tenants = {
    anna: await make('anna', 'v0.1.0'),
    bert: await make('bert', 'v0.3.0'),
    carol: await make('carol', 'v0.2.0'),
  };
  const program = await writeWrapper(path.join(folder, 'bin'), host.configFile);
  return { folder, repository, host, program, agentLog: path.join(folder, 'agent.log'), tenants, signal };
}

/** So that the commands are short enough to be read, and to be typed afterwards. */
async function writeWrapper(folder: string, configFile: string): Promise<string> {
  const program = path.join(folder, 'drover-agent');
  const words = [process.execPath, agentMain, '--config', configFile].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  );
  await mkdir(folder);
  await writeFile(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  await chmod(program, 0o755);
  return program;
}
