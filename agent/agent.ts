// The agent as a whole: configuration, upgrades and local socket, wired together, for `drover-agent run`.
import { systemClock } from '../shared/os/clock.js';
import { takeLock } from '../shared/os/lock.js';
import type { Log } from '../shared/os/log.js';
import { createPlainLauncher, readBootId } from './command/plain/launch.js';
import { currentUser } from './command/user.js';
import type { AgentConfig } from './config/agent_config.js';
import { watchTenants } from './config/watch_tenants.js';
import { connectToController, type ControllerLink } from './connect_controller.js';
import { listenLocally } from './local/local_server.js';
import { createExclusive } from './upgrade/exclusive.js';
import { createMarks } from './scheduler/marks.js';
import { makeFirstRecord } from './scheduler/first_record.js';
import { cleanUp } from './scheduler/clean_up.js';
import { openStreams } from './session/open_streams.js';
import { makeStateFolder, stateFolder } from './store/state_folder.js';
import { createScheduler } from './scheduler/scheduler.js';

export interface RunningAgent {
  /** Resolves when nobody is connected and nothing is under way, after someone was. */
  idle: Promise<void>;
  /** Resolves when the agent must end: its lock was taken from it. */
  lost: Promise<void>;
  /** Leaves running commands to the next agent. */
  stop(): Promise<void>;
}

export interface AgentOptions {
  config: AgentConfig;
  log: Log;
  agentVersion: string;
  /** Whether it connects to the controller, if there is one; an agent that only serves a command does not. */
  hasUplink: boolean;
}

/** Starts the agent: takes the state folder, goes on with what was left, listens. Throws AppError where it cannot. */
export async function startAgent({ config, log, agentVersion, hasUplink }: AgentOptions): Promise<RunningAgent> {
  const state = stateFolder(config.state_dir);
  await makeStateFolder(state);
  const lock = await takeLock(state.lock, {
    taken: 'another agent runs on this state folder',
    hint: 'The commands of `drover-agent` talk to it; `drover-agent run` is needed only once per host.',
  });
  const shuttingDown = new AbortController();
  const agentUser = currentUser();
  const bootId = readBootId();
  const tenants = await watchTenants(config, log);
  const host = {
    name: config.host,
    state,
    agentUser,
    bootId,
    clock: systemClock,
    launcher: createPlainLauncher({ agentUid: agentUser.uid, bootId }),
    exclusive: createExclusive(),
    shutdown: shuttingDown.signal,
  };
  let ties: ControllerLink | null = null;
  const upgrades = createScheduler({
    host,
    log,
    maxConcurrent: config.max_concurrent,
    findTenant: (slug) => tenants.find(slug),
    onBegin: (id) => ties?.noteBegin(id),
    onEnd(upgrade) {
      ties?.noteEnd(upgrade.id);
      return cleanUp({ host, upgrade, keep: config.keep, log });
    },
  });
  const marks = createMarks({
    state,
    now: () => systemClock.now(),
    requireIdle(slug) {
      tenants.find(slug);
      upgrades.requireIdle(slug);
    },
    makeRecord: (slug) => makeFirstRecord(upgrades, slug, systemClock.now()),
  });
  const recovered = await upgrades.recover();
  if (recovered.length > 0) log.info({ upgrades: recovered }, 'going on with upgrades that were left unfinished');
  const listen = async () => {
    const server = await listenLocally(state.socket, {
      upgrades,
      marks,
      openStream: openStreams(state, upgrades),
      log,
    });
    log.info({ socket: state.socket, tenants: tenants.count() }, 'the agent is ready');
    return server;
  };
  const reached = await listen().catch((error: unknown) => {
    if (upgrades.list().length === 0) throw error;
    // Its disk may be read-only. What is under way is gone on with though nobody can watch it; it ends once that is mended.
    log.error({ err: error, socket: state.socket }, 'the agent cannot be reached for now');
    return null;
  });
  const listening = reached === null ? upgrades.settled().then(listen) : Promise.resolve(reached);
  const { controller } = config;
  if (hasUplink && controller !== undefined)
    ties = connectToController({ controller, host, tenants, upgrades, log, agentVersion });

  return {
    idle: listening.then(
      (server) =>
        new Promise((resolve) => {
          server.onLeave(() => {
            void upgrades.settled().then(() => (server.count() === 0 ? resolve() : undefined));
          });
        }),
    ),
    lost: lock.lost,
    async stop() {
      shuttingDown.abort(new Error('the agent ends'));
      await listening.then((server) => server.close());
      await ties?.close();
      await tenants.close();
      await upgrades.settled();
      lock.release();
    },
  };
}
