// Upgrades whose agent is killed at an event of its journal and started again: the outcome, and the expected one.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { makeAgentHost, type AgentHost, type HostTemplate } from '../agent/agent_host.js';
import type { HostProcess } from '../agent/host_processes.js';
import type { TenantView } from '../agent/look_at_tenant.js';
import { seeChange } from '../see_change.js';
import { connectClient, type FollowedStream } from '../agent/upgrade_client.js';

/** What must be the same however often the agent was killed. */
export interface Account {
  status: string;
  failure: string | null;
  details: string[];
  hooks: string[];
  migrations: string[];
  seamless: boolean;
  /** Each command that is part of the stream, with all that it printed. */
  commands: { title: string; output: string }[];
  tenant: Omit<TenantView, 'service' | 'record'> & { runs: boolean; recorded: string | null };
  /** Processes that are left when agent and service have ended. */
  left: HostProcess[];
}

export interface Kill {
  /** `at`: right after the agent has written the event; `seen`: when a watcher of the journal sees it. */
  how: 'at' | 'seen';
  /** The event's number. */
  n: number;
}

/** An upgrade of a fresh copy of the template without a kill, and the number of its events. */
export async function runUndisturbed(template: HostTemplate, version: string) {
  const host = await makeAgentHost(template);
  await host.start();
  const followed = await host.upgrade({ version });
  return { account: await giveAccount(host, followed), events: followed.events.length };
}

/**
 * The same, with the agent killed and started again for each kill (the second kill counts the events of the recovery).
 * The upgrade is requested again after the last start.
 */
export async function runKilled(template: HostTemplate, { version, kills }: { version: string; kills: Kill[] }) {
  const host = await makeAgentHost(template);
  try {
    const id = uuidv7();
    await killAgents(host, { id, version, kills });
    await host.start();
    const client = await host.connect();
    await client.ask({ version }, { id });
    return await giveAccount(host, await client.follow(id));
  } finally {
    await host.close();
  }
}

async function killAgents(host: AgentHost, plan: { id: string; version: string; kills: Kill[] }): Promise<void> {
  const { id, version, kills } = plan;
  const folder = path.join(host.stateFolder, 'upgrades', id);
  for (const [index, kill] of kills.entries()) {
    const n = index === 0 ? kill.n : countRecords(folder) + kill.n;
    const agent = host.spawn(kill.how === 'at' ? { killAtEvent: n } : {});
    const isReady = await agent.ready;
    if (index === 0 && isReady) await askAndLetGo(host, { id, version });
    if (kill.how === 'seen') await Promise.race([seeRecord(folder, n), agent.ended]);
    // A kill may find the upgrade finished.
    else await Promise.race([seeFinish(folder), agent.ended]);
    await agent.end('SIGKILL');
  }
}

/** Sends the request to an agent that may die before it answers. */
export async function askAndLetGo(host: AgentHost, { id, version }: { id: string; version: string }): Promise<void> {
  const client = await connectClient(path.join(host.stateFolder, 'agent.sock'), host.tenant.slug).catch(() => null);
  await client?.ask({ version }, { id }).catch(() => null);
  client?.close();
}

async function giveAccount(
  host: AgentHost,
  { events, outputs, result, seamless, id }: FollowedStream,
): Promise<Account> {
  const { service, record, ...tenant } = await host.look();
  const left = await host.close();
  const plain = (text: string) =>
    text
      .replaceAll(host.folder, 'FOLDER')
      .replaceAll(id, 'ID')
      .replaceAll(/(backup|failed)_\d{8}_\d{6}/g, '$1_TIME');
  return {
    status: result.status,
    failure: result.failure === null ? null : plain(result.failure.message),
    details: result.details.map(plain),
    hooks: result.hooks_executed,
    migrations: result.migrations_run,
    seamless,
    commands: events.flatMap((event) =>
      event.type === 'command' && !event.quiet
        ? [{ title: event.title, output: plain(outputs.get(event.key) ?? '') }]
        : [],
    ),
    tenant: { ...tenant, runs: service !== null, recorded: record?.version ?? null },
    left,
  };
}

function readRecords(folder: string): string[] {
  const file = path.join(folder, 'journal.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

const countRecords = (folder: string) => readRecords(folder).length;
const hasFinished = (folder: string) => readRecords(folder).at(-1)?.includes('"type":"finish"') === true;

async function seeRecord(folder: string, n: number): Promise<void> {
  await seeChange(path.dirname(folder), () => existsSync(folder));
  await seeChange(folder, () => countRecords(folder) >= n || hasFinished(folder));
}

/** Returns once the upgrade in this folder, which may not be there yet, has ended. */
export async function seeFinish(folder: string): Promise<void> {
  await seeChange(path.dirname(folder), () => existsSync(folder));
  await seeChange(folder, () => hasFinished(folder));
}
