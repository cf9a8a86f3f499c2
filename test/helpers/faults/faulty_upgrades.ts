// Upgrades during which the disk of the agent's state fails, until the test fixes it: the tenant's state meanwhile, and the
// outcome.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { journalName } from '../../../agent/store/journal.js';
import { makeAgentHost, type AgentHost, type HostTemplate } from '../agent/agent_host.js';
import type { AgentProcess } from '../agent/agent_process.js';
import type { FaultyDisk } from './faulty_disks.js';
import type { HostProcess } from '../agent/host_processes.js';
import type { TenantView } from '../agent/look_at_tenant.js';
import { seeChange } from '../see_change.js';
import type { FollowedStream } from '../agent/upgrade_client.js';

type State = Omit<TenantView, 'service' | 'hookRuns'> & { runs: boolean; others: string[] };

export interface FaultyUpgrade {
  followed: FollowedStream;
  before: State;
  /** Before the disk was fixed, while the agent waited for it; null if it never had to wait. */
  meanwhile: State | null;
  after: State;
  /** Processes that are left when agent and service have ended. */
  left: HostProcess[];
}

const waits = 'the upgrade waits until this error is fixed';

/**
 * An upgrade of a fresh copy of the template on this disk. The disk fails right after event `n` is written, and is fixed
 * once the agent waits for it. With `killed` the agent dies with the disk, and another one starts on the failed disk.
 */
export async function runFaulty(
  template: HostTemplate,
  disk: FaultyDisk,
  { version, n, killed = false }: { version: string; n: number; killed?: boolean },
): Promise<FaultyUpgrade> {
  const host = await makeAgentHost(template, { stateFolder: path.join(disk.folder, 'state') });
  try {
    const script = killed ? `${disk.fault}\nkill -KILL $PPID` : disk.fault;
    let agent = await host.start({ fault: { n, script } });
    const id = uuidv7();
    const before = await look(host, id);
    const client = await host.connect();
    await client.ask({ version }, { id }).catch((error: unknown) => {
      if (!killed) throw error; // The agent may die before it answers.
    });
    if (killed) {
      await agent.ended;
      agent = host.spawn();
    }
    const isWaiting = await seeEnd(path.join(host.stateFolder, 'upgrades', id), agent);
    const meanwhile = isWaiting ? await look(host, id) : null;
    process.kill(agent.pid, 0); // Throws if the process has ended: its log line is not enough.
    if (disk.needsRemount) await agent.end('SIGKILL');
    disk.mend();
    if (disk.needsRemount) await host.start();
    else await agent.ready;
    const followed = await (await host.connect()).follow(id);
    const after = await look(host, id);
    return { followed, before, meanwhile, after, left: await host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** Returns once the upgrade has ended, or (true) once the agent logs that it waits. */
async function seeEnd(folder: string, agent: AgentProcess): Promise<boolean> {
  await seeChange(path.dirname(folder), () => existsSync(folder));
  const closing = new AbortController();
  const finish = seeChange(folder, () => hasFinished(folder), closing.signal).then(
    () => false,
    () => false,
  );
  try {
    const waiting = agent.logged(waits).then(() => true);
    const died = agent.ended.then(() => {
      throw new Error(`the agent ended before the upgrade did: ${agent.log()}`);
    });
    return await Promise.race([waiting, finish, died]);
  } finally {
    closing.abort();
  }
}

function hasFinished(folder: string): boolean {
  const journal = path.join(folder, journalName);
  return existsSync(journal) && readFileSync(journal, 'utf8').includes('"type":"finish"');
}

async function look(host: AgentHost, id: string): Promise<State> {
  const { service, hookRuns: _ran, ...view } = await host.look();
  const others = readdirSync(host.tenant.dataDir).filter((name) => name.startsWith('.drover'));
  const spare = existsSync('/run/drover') ? readdirSync('/run/drover').filter((name) => name.endsWith(id)) : [];
  return { ...view, runs: service !== null, others: [...others, ...spare] };
}
