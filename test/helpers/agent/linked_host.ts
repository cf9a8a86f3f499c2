// A real host behind a faulty link: an agent process with a tenant, a proxy, and a controller's inside in this process.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { rollbackBodySchema, upgradeBodySchema } from '../../../shared/wire/api.js';
import type { StreamItem } from '../../../shared/model/journal/stream_item.js';
import { addReleaseOn, makeAgentHost, type AgentHost, type HostTemplate } from './agent_host.js';
import type { AgentProcess } from './agent_process.js';
import { joinHost } from '../controller/join_host.js';
import { startRig, type ControllerRig } from '../controller/controller_rig.js';
import { startFrameProxy, type FrameProxy } from '../controller/frame_proxy.js';
import { seeChange } from '../see_change.js';

export interface LinkedHost {
  host: AgentHost;
  proxy: FrameProxy;
  /** The current controller. */
  rig(): ControllerRig;
  /** Starts the agent. Returns once the controller has it as connected. */
  startAgent(): Promise<void>;
  /** The agent that was started last. */
  agent(): AgentProcess;
  /** Returns once `isSo` resolves to true. It is called again whenever the controller stores something. */
  seeStored(isSo: (rig: ControllerRig) => boolean | Promise<boolean>): Promise<void>;
  seeConnected(): Promise<void>;
  /** Stops the controller, and starts one on another store, or on the same one. */
  restart(storeFile?: string): Promise<void>;
  /** Orders an upgrade of the tenant to the release of these tests; returns the upgrade's id. */
  order(key?: string): Promise<string>;
  rollback(key?: string): Promise<string>;
  /** Returns once the upgrade has ended on the host. */
  seeFinish(id: string): Promise<void>;
  /** The lines that hooks have written so far. */
  hookRuns(): string[];
  /** Returns once there are so many of them. */
  seeHookRuns(count: number): Promise<void>;
  /** Makes hooks wait from now on, and lets them go. */
  shutGate(): Promise<void>;
  openGate(): Promise<void>;
  /** Ends all of it. Throws if a process is left. */
  close(): Promise<void>;
}

export const hostName = 'test-host';
export const slug = 'testsite';
export const release = 'v0.1.1';
/** What the hook of the release prints, apart from the line that it waits. */
export const hookLines = Array.from({ length: 60 }, (_, index) => `line ${index + 1} of the hook`);

const quick = { pingEveryMs: 300, silenceMs: 1500, proofMs: 300, sweepMs: 100 };
const uplink = pathToFileURL(path.join(import.meta.dirname, '../../../dist/test/helpers/agent/quick_uplink.js')).href;

const hook = (phase: string, body: string) =>
  `#!/bin/bash\necho "$DEPLOY_TAG ${phase}" >>"$DATA_DIR/hooks.log"\n${body}`;
const hooks = {
  [`release/${release}.post-pull.sh`]: hook(
    'post-pull',
    `for ((n = 1; n <= ${hookLines.length}; n++)); do
  echo "line $n of the hook"
  if [ $n = 30 ]; then while [ -e "$DATA_DIR/gate" ]; do sleep 0.02; done; fi
done
`,
  ),
  [`release/${release}.post-migrate.sh`]: hook('post-migrate', 'echo done\n'),
};
export const hooksOfOne = [`${release} post-pull`, `${release} post-migrate`];

/** Adds the release of these tests to a template. */
export const addLinkedRelease = ({ repository }: HostTemplate) =>
  addReleaseOn(repository, { base: 'v0.1.0', tag: release }, hooks);

/** Cheap to upgrade: neither service nor database is touched. */
const none = { services: 'none', database: 'none', migrations: 'none', health: 'none' };
const bare = { ...none, allow_remote: ['rollback'] };

const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Starts all of it; returns once the controller knows the tenant. */
export async function openLinkedHost(
  template: HostTemplate,
  options: { storeFile?: string } = {},
): Promise<LinkedHost> {
  let rig = await startRig({ ...options, limits: quick });
  let agent: AgentProcess | null = null;
  const proxy = await startFrameProxy(rig.url);
  const host = await makeAgentHost(template, {
    agentKeys: { controller: { url: proxy.url } },
    member: await joinHost(rig, hostName),
    makeKeys: () => bare,
  });
  const { dataDir } = host.tenant;
  const gate = path.join(dataDir, 'gate');
  const hooksLog = path.join(dataDir, 'hooks.log');

  const linked: LinkedHost = {
    host,
    proxy,
    rig: () => rig,
    async startAgent() {
      agent = await host.start({ env: { NODE_OPTIONS: `--import=${uplink}` } });
      await linked.seeConnected();
    },
    agent() {
      if (agent === null) throw new Error('no agent was started');
      return agent;
    },
    seeStored: (isSo) => seeChange(path.dirname(rig.storeFile), () => isSo(rig)),
    // What an agent reports when it has connected is stored after it counts as connected.
    seeConnected: () =>
      linked.seeStored(
        async ({ core }) => (await core.store.hosts.findTenant(slug)) !== null && core.link.isConnected(hostName),
      ),
    async restart(storeFile = rig.storeFile) {
      await rig.close({ keepStore: true });
      rig = await startRig({ storeFile, limits: quick });
      proxy.setTarget(rig.url);
    },
    async order(key) {
      const body = upgradeBodySchema.parse({ version: release, force: true });
      return (await rig.fleet.upgrade(slug, body, key)).id;
    },
    rollback: async (key) => (await rig.fleet.rollback(slug, rollbackBodySchema.parse({}), key)).id,
    async seeFinish(id) {
      const upgrades = path.join(host.stateFolder, 'upgrades');
      const folder = path.join(upgrades, id);
      await seeChange(upgrades, () => existsSync(folder));
      await seeChange(folder, () => read(path.join(folder, 'journal.jsonl')).includes('"type":"finish"'));
    },
    hookRuns: () => read(hooksLog).split('\n').slice(0, -1),
    seeHookRuns: (count) => seeChange(dataDir, () => linked.hookRuns().length >= count),
    shutGate: () => writeFile(gate, ''),
    openGate: async () => rmSync(gate, { force: true }),
    async close() {
      rmSync(gate, { force: true });
      const left = await host.close();
      await proxy.close();
      await rig.close();
      if (left.length > 0) throw new Error(`processes are left: ${JSON.stringify(left)}`);
    },
  };
  await linked.startAgent();
  return linked;
}

/** A stream as it was sent: its events, and each command's whole output. */
export interface Account {
  events: unknown[];
  outputs: Map<string, string>;
  /** False if an item is missing or repeated. */
  isSeamless: boolean;
}

export async function gather(items: AsyncIterable<StreamItem> | Iterable<StreamItem>): Promise<Account> {
  const account: Account = { events: [], outputs: new Map(), isSeamless: true };
  const ends = new Map<string, number>();
  for await (const item of items) {
    if ('event' in item) {
      account.events.push(item.event);
      if (item.event.n !== account.events.length) account.isSeamless = false;
      continue;
    }
    const { key, at, next, text } = item.output;
    if (at !== (ends.get(key) ?? 0)) account.isSeamless = false;
    ends.set(key, next);
    account.outputs.set(key, (account.outputs.get(key) ?? '') + text);
  }
  return account;
}

async function* itemsOf(stored: AsyncIterable<{ item: StreamItem }>): AsyncGenerator<StreamItem> {
  for await (const { item } of stored) yield item;
}

/** The whole stream as the controller has it, once the upgrade has ended there. */
export function followStored(linked: LinkedHost, id: string): Promise<Account> {
  return gather(itemsOf(linked.rig().fleet.followStream(id, 0, AbortSignal.timeout(100_000))));
}

/** The whole stream as the host has it, which ends for the n-th time. */
export async function followLocal(linked: LinkedHost, id: string, finishes = 1) {
  const client = await linked.host.connect();
  const { events, outputs, seamless, result } = await client.follow(id, { finishes });
  client.close();
  return { stream: { events, outputs, isSeamless: seamless } satisfies Account, result };
}
