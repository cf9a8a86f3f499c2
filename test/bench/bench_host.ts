// A host to measure on: the demo's app with many small releases, a tenant for the agent, one for the control.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { BackgroundProcess } from '../../deploy/demo/background_process.js';
import { findFreePort } from '../../deploy/demo/app/find_free_port.js';
import { addRelease, makeAppRepository, type AppRepository } from '../../deploy/demo/app/make_app_repository.js';
import { makeHost, type DemoHost } from '../../deploy/demo/app/make_host.js';
import { makeTenant, type DemoTenant } from '../../deploy/demo/app/make_tenant.js';
import { endProcesses } from '../../deploy/demo/end_processes.js';
import { runProgram } from '../../deploy/demo/run_program.js';
import { startAgent } from '../../deploy/demo/start_programs.js';
import { writeWrappers } from '../../deploy/demo/write_wrappers.js';
import { connectClient } from '../helpers/agent/upgrade_client.js';
import type { Result } from '../../shared/model/result.js';

export interface BenchHost {
  folder: string;
  host: DemoHost;
  repository: AppRepository;
  makeTenant(slug: string): Promise<DemoTenant>;
  startAgent(): Promise<BackgroundProcess>;
  /** A whole upgrade on the running agent; throws when it does not succeed. */
  upgrade(slug: string, version: string): Promise<Result>;
}

/** The n-th release of the bench; the 0th is the one that its tenants begin with. */
export const benchTag = (n: number) => `v0.5.${n}`;

/** Calls `work` with a host, and removes it with all that runs there. */
export async function withBenchHost<T>(releases: number, work: (host: BenchHost) => Promise<T>): Promise<T> {
  // What finds the processes afterwards knows the layout of the demo's folder.
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-bench-'));
  const cleanUp = async () => {
    await endProcesses(folder);
    await rm(folder, { recursive: true, force: true });
  };
  const interrupt = () => void cleanUp().finally(() => process.exit(130));
  process.once('SIGINT', interrupt);
  try {
    await chmod(folder, 0o755);
    const repository = await makeAppRepository(path.join(folder, 'notes.git'));
    await runProgram(['git', 'checkout', '--quiet', '-B', 'bench', benchTag(0)], { cwd: repository.folder });
    for (let n = 1; n <= releases; n += 1) await addSmallRelease(repository, n);
    const host = await makeHost({ folder: path.join(folder, 'host') });
    const bin = path.join(folder, 'bin');
    await mkdir(bin);
    await writeWrappers(bin, { host, controller: null });
    return await work({
      folder,
      host,
      repository,
      makeTenant: async (slug) =>
        makeTenant({ folder: host.folder, slug, repository, version: benchTag(0), port: await findFreePort() }),
      startAgent: () =>
        startAgent(
          { bin, controller: null, signal: new AbortController().signal },
          { program: 'drover-agent', host, logFile: path.join(folder, 'agent.log') },
        ),
      upgrade: (slug, version) => upgrade(host, slug, version),
    });
  } finally {
    process.off('SIGINT', interrupt);
    await cleanUp();
  }
}

/** A hook at each of the four points and one migration, all of them trivial, and requirements that differ. */
async function addSmallRelease(repository: AppRepository, n: number): Promise<void> {
  const tag = benchTag(n);
  const phases = ['pre-pull', 'post-pull', 'pre-migrate', 'post-migrate'];
  const hooks = phases.map((phase) => [`release/${tag}.${phase}.sh`, `#!/bin/bash\necho "${phase} of $DEPLOY_TAG"\n`]);
  const migration = `import { openDatabase } from '../db.mjs';
const db = await openDatabase();
db.exec('CREATE TABLE bench_${n} (id INTEGER PRIMARY KEY)');
db.close();
`;
  await addRelease(repository, tag, {
    ...Object.fromEntries(hooks),
    [`scripts/${100 + n}_bench.mjs`]: migration,
    'requirements.txt': `slow-requirement==1.${n}\n`,
  });
}

async function upgrade(host: DemoHost, slug: string, version: string): Promise<Result> {
  const client = await connectClient(path.join(host.stateFolder, 'agent.sock'), slug);
  try {
    const { result } = await client.follow(await client.ask({ version }));
    if (result.status === 'success') return result;
    throw new Error(`the upgrade of ${slug} to ${version} ended ${result.status}: ${result.failure?.message ?? ''}`);
  } finally {
    client.close();
  }
}
