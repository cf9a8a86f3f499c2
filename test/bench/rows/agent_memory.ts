// What an idle agent with five tenants keeps in memory, once it has looked at each of them often enough.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectClient } from '../../helpers/agent/upgrade_client.js';
import { withBenchHost, type BenchHost } from '../bench_host.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

/** By then its heap has grown to what it will be. */
const plansEach = 4;
const slugs = ['one', 'two', 'three', 'four', 'five'];

export const agentMemory: Row = {
  name: 'agent-memory',
  what: `resident memory of an agent with ${slugs.length} tenants, idle after ${plansEach} plans for each`,
  unit: 'MB',
  bound: 'figure',
  limit: 110,
  target: 80,
  measure: () =>
    withBenchHost(1, async (host) => {
      for (const slug of slugs) await host.makeTenant(slug);
      const figure = () => measureAgent(host);
      return {
        measured: await measurePairs({ pairs: 3, figure, control: measureNode }),
        remark: 'the control is a bare Node',
      };
    }),
};

async function measureAgent(host: BenchHost): Promise<number> {
  const agent = await host.startAgent();
  for (const slug of Array.from({ length: plansEach }, () => slugs).flat()) {
    const client = await connectClient(path.join(host.host.stateFolder, 'agent.sock'), slug);
    await client.plan();
    client.close();
  }
  const megabytes = await readResidentMegabytes(agent.pid);
  await agent.end('SIGTERM');
  return megabytes;
}

async function measureNode(): Promise<number> {
  const program = "process.stdout.write('ready'); setInterval(() => undefined, 60_000)";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const megabytes = await readResidentMegabytes(child.pid ?? 0);
  child.kill();
  await once(child, 'exit');
  return megabytes;
}

async function readResidentMegabytes(pid: number): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kibibytes) * 1024) / 1e6;
}
