// How long users are without the service, with a slow remote and slow requirements, against a script that does it in order.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { DemoTenant } from '../../../deploy/demo/app/make_tenant.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { makeBareUpgrade } from '../bare_upgrade.js';
import { benchTag, withBenchHost, type BenchHost } from '../bench_host.js';
import { findPython, makeSlowRequirements } from '../slow_requirements.js';
import { writeSlowUploadPack } from '../slow_remote.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';
import { watchDowntime } from '../watch_downtime.js';

const pairs = 3;

export const downtime: Row = {
  name: 'downtime',
  what: 'the longest time without an answer to a client, with a slow remote and slow requirements',
  unit: 's',
  bound: 'ratio',
  limit: 0.5,
  target: 0.1,
  async measure({ full }) {
    const python = await findPython();
    if (python === null) return { measured: null, remark: 'it needs python3 with its venv module' };
    const seconds = full ? { remote: 2, install: 10 } : { remote: 0.4, install: 2 };
    const scale = full ? '' : ' (a fifth of the real times, which --full takes)';
    const remark = `each connection to the remote takes ${seconds.remote} s, the requirements ${seconds.install} s${scale}`;
    return withBenchHost(pairs + 1, async (host) => {
      const requirements = await makeSlowRequirements({
        folder: path.join(host.folder, 'requirements'),
        python,
        versions: Array.from({ length: pairs + 1 }, (_, index) => `1.${index + 1}`),
        seconds: seconds.install,
      });
      const ours = await host.makeTenant('ours');
      const environment = z.record(z.string(), z.string()).parse(ours.keys['environment']);
      await writeYaml(ours.configFile, {
        ...ours.keys,
        environment: { ...environment, ...requirements },
        requirements: { file: 'requirements.txt', venv: 'venv', python },
      });
      const theirs = await makeTheirs(host, { python, requirements });
      const bare = await makeBareUpgrade(theirs, { requirements: 'requirements.txt' });
      await host.startAgent();
      const figure = (round: number) => watchDowntime(ours.url, () => host.upgrade('ours', benchTag(round + 2)));
      const control = (round: number) =>
        watchDowntime(theirs.url, () => bare.run({ from: benchTag(round + 1), to: benchTag(round + 2) }));
      await figure(-1);
      await control(-1);
      await slowDown(host, theirs, seconds.remote);
      return { measured: await measurePairs({ pairs, figure, control }), remark: `${remark}; ${bare.remark}` };
    });
  },
};

/** The control's tenant: a virtual environment that is there already, into which each release is installed. */
async function makeTheirs(
  host: BenchHost,
  { python, requirements }: { python: string; requirements: Readonly<Record<string, string>> },
): Promise<DemoTenant> {
  const tenant = await host.makeTenant('theirs');
  await rm(tenant.configFile);
  await runProgram([python, '-m', 'venv', 'venv'], { cwd: tenant.appDir });
  return { ...tenant, env: { ...tenant.env, ...requirements } };
}

/** Every connection to the remote takes longer from now on: the agent's, from its mirror, and the control's. */
async function slowDown({ folder, host, repository }: BenchHost, theirs: DemoTenant, seconds: number): Promise<void> {
  const uploadPack = await writeSlowUploadPack(folder, seconds);
  const mirrors = path.join(host.stateFolder, 'mirrors');
  for (const name of await readdir(mirrors)) {
    await runProgram(['git', 'config', `remote.${repository.url}.uploadpack`, uploadPack], {
      cwd: path.join(mirrors, name),
    });
  }
  await runProgram(['git', 'config', 'remote.origin.uploadpack', uploadPack], { cwd: theirs.appDir });
}
