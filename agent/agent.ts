// The agent as a whole: configuration, upgrades and local socket, wired together, for `drover-agent run`.
import type { Clock } from '../shared/os/clock.js';
import { makeId } from '../shared/os/ids.js';
import { takeLock, type Lock } from '../shared/os/lock.js';
import type { Log } from '../shared/os/log.js';
import { makeSecret } from './command/supervisor/cookie.js';
import { chooseLauncher } from './command/choose_launcher.js';
import { openLaunchers } from './command/open_launchers.js';
import { readBootId } from './command/supervisor/begun.js';
import { currentUser } from './command/user.js';
import type { AgentConfig } from './config/agent_config.js';
import { keepGuards } from './store/guards/keep_guards.js';
import { watchTenants, type Tenants } from './config/watch_tenants.js';
import { linkToController, type ControllerLink } from './connect_controller.js';
import { holdConfig } from './config/config_in_use.js';
import { startServiceStatus } from './report/service_status.js';
import { listenLocally, type LocalServer } from './local/local_server.js';
import { createExclusive } from './upgrade/exclusive.js';
import type { Host } from './upgrade/host.js';
import { cleanUp, cleanUpAgain } from './scheduler/clean_up/clean_up.js';
import { sweepTenants } from './scheduler/clean_up/sweep_tenants.js';
import { openStreams } from './session/open_streams.js';
import { makeStateFolder, stateFolder } from './store/state_folder.js';
import { sweepStateFolder } from './store/sweep_drafts.js';
import { openRequestKeys } from './store/request_keys.js';
import { readIdentity } from './store/identity.js';
import { openTombstones } from './store/tombstones.js';
import { createScheduler, type Scheduler } from './scheduler/scheduler.js';
import { openUnitGuards } from './store/guards/open_unit_guards.js';
import { noteNoUplink } from './uplink/status_file.js';

export interface RunningAgent {
  /** Resolves when a client has connected, all clients have disconnected, and no upgrade is queued or running. */
  idle: Promise<void>;
  /** Resolves when the agent must end because it has lost its lock. */
  lost: Promise<void>;
  /** Takes what agent.yaml says now, and reads all tenant files; the changed keys that count after a restart. */
  reload(written: AgentConfig): Promise<string[]>;
  /** Shown by `tellStatus` before all else until it is null. */
  setProblem(problem: string | null): void;
  /** Ends the agent; running commands continue, and the next agent adopts them. */
  stop(): Promise<void>;
}

export interface AgentOptions {
  config: AgentConfig;
  log: Log;
  clock: Clock;
  agentVersion: string;
  /** Whether it connects to the controller, if there is one; an agent that only serves a command does not. */
  hasUplink: boolean;
  /** Told in a line what the agent does, whenever that changes. */
  tellStatus: (text: string) => void;
}

/** Starts the agent: locks the state folder, resumes unfinished upgrades, listens. Throws AppError where it cannot. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { config, log, clock, agentVersion, hasUplink, tellStatus } = options;
  const inUse = holdConfig(config);
  const state = stateFolder(config.state_dir);
  await makeStateFolder(state);
  const lock = await takeAgentLock(state.lock);
  const uncleaned = await sweepStateFolder(state);
  const shuttingDown = new AbortController();
  const host = openHost({ name: config.host, state, clock, shutdown: shuttingDown.signal }, config.launcher);
  const tenants = await watchTenants(config, { log, agentUser: host.agentUser });
  if (host.unitGuards !== null) await keepGuards(host.unitGuards, { state, tenants, log });
  const tombstones = await openTombstones(state);
  const keys = await openRequestKeys(state);
  let link: ControllerLink | null = null;
  const cleaning = () => ({ host, tombstones, keep: inUse.now().keep, log });
  const upgrades = createScheduler({
    host,
    tombstones,
    keys,
    log,
    maxConcurrent: config.max_concurrent,
    findTenant: (slug) => tenants.find(slug),
    onBegin: (id) => (status.noteUpgrade(), link?.noteBegin(id)),
    onWaiting: (id) => (status.noteUpgrade(), link?.noteWaiting(id)),
    onEnd(upgrade) {
      status.noteEnd();
      link?.noteEnd(upgrade.id);
      return cleanUp({ ...cleaning(), upgrade });
    },
  });
  const status = startServiceStatus({ upgrades, tenants, tell: tellStatus });
  await recover(upgrades, log);
  // Before a client can ask for a rollback, which would go on in the same journal.
  await cleanUpAgain(cleaning(), uncleaned);
  const { listening } = await listenNowOrLater({ host, upgrades, tenants, log });
  const swept = sweepTenants(host, [...tenants.list().good.values()], log);
  link = await openLink({ config, hasUplink, host, tenants, upgrades, log, agentVersion });
  return {
    idle: listening.then((server) => untilIdle(server, upgrades)),
    lost: lock.lost,
    async reload(written) {
      const afterRestart = inUse.take(written);
      upgrades.setMaxConcurrent(written.max_concurrent);
      await tenants.reload(inUse.now());
      return afterRestart;
    },
    setProblem: (problem) => status.setProblem(problem),
    async stop() {
      status.close();
      shuttingDown.abort(new Error('the agent ends'));
      await listening.then((server) => server.close());
      await link?.close(upgrades.idle());
      await tenants.close();
      await upgrades.idle();
      await swept;
      tombstones.close();
      await lock.release();
    },
  };
}

async function recover(upgrades: Pick<Scheduler, 'recover'>, log: Log): Promise<void> {
  const recovered = await upgrades.recover();
  if (recovered.length > 0) log.info({ upgrades: recovered }, 'resuming unfinished upgrades');
}

/** Throws AppError where another agent runs on this state folder. */
export function takeAgentLock(file: string): Promise<Lock> {
  return takeLock(file, {
    taken: 'another agent runs on this state folder',
    hint: 'The commands of `drover-agent` talk to it; `drover-agent run` is needed only once per host.',
  });
}

interface LinkWish extends Pick<AgentOptions, 'config' | 'hasUplink' | 'log' | 'agentVersion'> {
  host: Host;
  tenants: Tenants;
  upgrades: Scheduler;
}

/** The link to the controller; null for an agent that does not connect. */
async function openLink({ config, hasUplink, ...parts }: LinkWish): Promise<ControllerLink | null> {
  const { controller } = config;
  if (hasUplink) return linkToController({ controller, ...parts, instance: makeId(), random: Math.random });
  const { state, clock } = parts.host;
  // A damaged file is said by the agent that connects.
  const joined = await readIdentity(state.identity).catch(() => null);
  // What an agent before this one wrote of its connection is over.
  await noteNoUplink(state.uplink, { url: controller?.url ?? joined?.url ?? null, clock });
  return null;
}

/** What upgrades need of this process and its machine. */
export function openHost(
  fixed: Pick<Host, 'name' | 'state' | 'clock' | 'shutdown'>,
  wish: AgentConfig['launcher'] = 'auto',
): Host {
  const [agentUser, bootId] = [currentUser(), readBootId()];
  const { state, clock } = fixed;
  const options = { agentUid: agentUser.uid, bootId, stateFolder: state.folder, clock, makeId, makeSecret };
  return {
    ...fixed,
    agentUser,
    bootId,
    launcher: openLaunchers({ ...options, chosen: chooseLauncher({ ...options, wish }) }),
    exclusive: createExclusive(),
    unitGuards: openUnitGuards({ guardFolder: fixed.state.guards, agentUser, signal: fixed.shutdown }),
  };
}

interface Listening {
  host: Host;
  upgrades: Scheduler;
  tenants: Tenants;
  log: Log;
}

/** Listens on the local socket. Where that fails and upgrades are running, it tries again later. */
async function listenNowOrLater(options: Listening): Promise<{ listening: Promise<LocalServer> }> {
  const { host, upgrades, tenants, log } = options;
  const { state, clock, agentUser } = host;
  const umask = process.umask.bind(process);
  const store = { state, journals: upgrades.journals, clock, agentUid: agentUser.uid };
  const listen = async () => {
    const server = await listenLocally(state.socket, { upgrades, openStream: openStreams(store), log, umask });
    log.info({ socket: state.socket, tenants: tenants.count() }, 'the agent is ready');
    return server;
  };
  try {
    return { listening: Promise.resolve(await listen()) };
  } catch (error) {
    if (upgrades.list().length === 0) throw error;
    // The disk may be read-only. The upgrades run without clients until an operator fixes it.
    log.error({ err: error, socket: state.socket }, 'the agent cannot listen on its socket; it keeps trying');
    return { listening: upgrades.idle().then(listen) };
  }
}

/** Resolves when the last client has disconnected and nothing is queued or running. */
function untilIdle(server: LocalServer, upgrades: Scheduler): Promise<void> {
  return new Promise((resolve) => {
    server.onLeave(() => {
      void upgrades.idle().then(() => (server.count() === 0 ? resolve() : undefined));
    });
  });
}
