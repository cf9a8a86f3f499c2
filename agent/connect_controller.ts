// The link of this host to its controller: the uplink and the reports, wired together as soon as it has one.
import { watchName } from '../shared/os/watch_name.js';
import type { Log } from '../shared/os/log.js';
import type { UplinkConfig } from './config/uplink_config.js';
import type { Tenants } from './config/watch_tenants.js';
import { startReports } from './report/reports.js';
import { hasIdentity } from './store/identity.js';
import { createHostPort } from './uplink/host_port.js';
import { startUplink } from './uplink/uplink.js';
import type { Host } from './upgrade/host.js';
import type { Scheduler } from './scheduler/scheduler.js';

export interface ControllerLink {
  /** An upgrade has begun, or continues after its end (a rollback). */
  noteBegin(id: string): void;
  noteEnd(id: string): void;
  /** An accepted upgrade waits for its turn, or its plan is being made. */
  noteWaiting(id: string): void;
  /** Sends what is left, for some seconds at most. `idle`: when no upgrade of this agent goes on. */
  close(idle: Promise<void>): Promise<void>;
}

export interface LinkOptions {
  /** Of agent.yaml; without it the controller is the one that this host joins. */
  controller: UplinkConfig | undefined;
  host: Host;
  tenants: Tenants;
  upgrades: Scheduler;
  log: Log;
  agentVersion: string;
  /** This process, as no other is called. */
  instance: string;
  /** In [0, 1), for the pauses between attempts to connect. */
  random: () => number;
}

/**
 * Connects to the controller of agent.yaml or to the one that this host has joined, and connects again whenever the
 * connection is lost. On a host that has neither it waits until the host joins one, and costs nothing until then.
 */
export async function linkToController(options: LinkOptions): Promise<ControllerLink> {
  const { controller, host, log } = options;
  const { identity } = host.state;
  let link = controller === undefined ? null : connectToController(options);
  let isOver = false;
  async function noteIdentity(): Promise<void> {
    if (link === null && !isOver && (await hasIdentity(identity)) && !isOver) link ??= connectToController(options);
    else link?.noteIdentity();
  }
  // Before the first look: no change is missed.
  const watch = watchName(identity, {
    onChange: () => void noteIdentity(),
    onError: (error) => log.error({ err: error }, 'a new key of this host is found only when the agent starts again'),
  });
  if (link === null) await noteIdentity();
  return {
    noteBegin: (id) => link?.noteBegin(id),
    noteEnd: (id) => link?.noteEnd(id),
    noteWaiting: (id) => link?.noteWaiting(id),
    async close(idle) {
      isOver = true;
      watch.close();
      await link?.close(idle);
    },
  };
}

interface OpenLink extends ControllerLink {
  /** The key of this host has changed. */
  noteIdentity(): void;
}

function connectToController(options: LinkOptions): OpenLink {
  const { controller, host, tenants, upgrades, log, agentVersion, instance, random } = options;
  const { state, clock, agentUser, shutdown, name } = host;
  const onChange = () => uplink.sendReport();
  const means = { agentUid: agentUser.uid, clock, random, shutdown, log };
  const ended = new AbortController();
  const reports = startReports({ state, tenants, ...means, onChange });
  const uplink = startUplink({
    controller,
    port: createHostPort({
      agentVersion,
      state,
      upgrades,
      clock,
      agentUid: agentUser.uid,
      report: () => reports.make(),
      ended: ended.signal,
    }),
    host: name,
    identityFile: state.identity,
    instance,
    statusFile: state.uplink,
    log,
    clock,
    random,
  });
  return {
    noteBegin(id) {
      uplink.announce(id);
      reports.noteUpgrade(id);
    },
    noteEnd: (id) => reports.noteUpgrade(id),
    noteWaiting: (id) => uplink.sendState(id),
    noteIdentity: () => uplink.noteIdentity(),
    async close(idle) {
      await uplink.close(idle.then(() => ended.abort()));
      await reports.close();
    },
  };
}
