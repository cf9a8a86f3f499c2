// How long a line takes from a hook's echo to a client that watches through controller and API.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '../../../controller/client/create_client.js';
import { addRelease } from '../../../deploy/demo/app/make_app_repository.js';
import { findFreePort } from '../../../deploy/demo/app/find_free_port.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { madeJoinTokenSchema } from '../../../shared/wire/joining_api.js';
import { systemClock } from '../../../shared/os/clock.js';
import { benchTag, withBenchHost, type BenchHost } from '../bench_host.js';
import type { Row } from '../row.js';

const lines = 200;
const controllerMain = path.join(import.meta.dirname, '../../../controller/main.js');
const agentMain = path.join(import.meta.dirname, '../../../agent/main.js');
const tag = benchTag(1000);
/** Each line is the time at which it was printed, in nanoseconds. */
const hook = `#!/bin/bash\nfor n in $(seq ${lines}); do date +%s%N; sleep 0.02; done\n`;

export const liveLine: Row = {
  name: 'live-line',
  what: `each of ${lines} lines that a hook prints, 20 ms apart, seen by a client that follows the upgrade: the 99th percentile`,
  unit: 'ms',
  bound: 'figure',
  limit: 300,
  target: 100,
  measure: () =>
    withBenchHost(0, async (host) => {
      await host.makeTenant('one');
      await addRelease(host.repository, tag, { [`release/${tag}.sh`]: hook });
      const latencies = await withController(host, (url, token) => watch({ host, url, token }));
      const figure = percentile(latencies, 0.99);
      const control = percentile(await readBarePipe(), 0.99);
      return {
        measured: { figure, control, ratio: figure / control },
        remark: `${latencies.length} lines, the median ${percentile(latencies, 0.5).toFixed(0)} ms; the control is a pipe from the same hook`,
      };
    }),
};

async function withController<T>(host: BenchHost, work: (url: string, token: string) => Promise<T>): Promise<T> {
  const port = await findFreePort();
  const dataDir = path.join(host.folder, 'controller');
  const configFile = path.join(host.folder, 'controller.yaml');
  await writeYaml(configFile, { listen: `127.0.0.1:${port}`, data_dir: dataDir });
  const controller = spawn(process.execPath, [controllerMain, '--config', configFile, 'run'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(controller, 'exit');
  try {
    for await (const text of controller.stderr) if (String(text).includes('the controller is ready')) break;
    const controllerKeys = { url: `ws://127.0.0.1:${port}` };
    const agentYaml = await readFile(host.host.configFile, 'utf8');
    await writeFile(host.host.configFile, `${agentYaml}controller: ${JSON.stringify(controllerKeys)}\n`);
    const words = [controllerMain, 'token', 'bench', '--config', configFile];
    const { stdout: token } = await promisify(execFile)(process.execPath, words);
    await joinController(host, `http://127.0.0.1:${port}`, token.trim());
    return await work(`http://127.0.0.1:${port}`, token.trim());
  } finally {
    controller.kill();
    await ended;
  }
}

/** As an operator does it. */
async function joinController({ host }: BenchHost, url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const made = await fetch(`${url}/api/v1/join-tokens`, { method: 'POST', headers, body: '{}' });
  const { token: joinToken } = madeJoinTokenSchema.parse(await made.json());
  const words = [agentMain, 'enroll', '--token-stdin', '--config', host.configFile];
  const joining = promisify(execFile)(process.execPath, words);
  joining.child.stdin?.end(joinToken);
  await joining;
}

async function watch({ host, url, token }: { host: BenchHost; url: string; token: string }): Promise<number[]> {
  const agent = await host.startAgent();
  const client = createClient({ url, token, clock: systemClock, random: Math.random });
  const { signal } = new AbortController();
  try {
    while ((await client.listTenants()).items.length === 0) await systemClock.wait(50);
    const { id } = await client.upgrade('one', { version: tag });
    const latencies: number[] = [];
    for await (const item of client.followUpgrade(id, signal)) {
      const now = Date.now();
      if ('output' in item) latencies.push(...findStamps(item.output.text).map((stampMs) => now - stampMs));
    }
    if (latencies.length !== lines) throw new Error(`${latencies.length} lines arrived, not ${lines}`);
    return latencies;
  } finally {
    await agent.end('SIGTERM');
  }
}

async function readBarePipe(): Promise<number[]> {
  const child = spawn('bash', ['-c', hook], { stdio: ['ignore', 'pipe', 'inherit'] });
  const latencies: number[] = [];
  for await (const text of child.stdout) {
    const now = Date.now();
    latencies.push(...findStamps(String(text)).map((stampMs) => now - stampMs));
  }
  return latencies;
}

const findStamps = (text: string) => [...text.matchAll(/^(\d{13})\d{6}$/gm)].map(([, ms]) => Number(ms));

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.max(1, sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}
