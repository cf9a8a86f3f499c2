// The link of this host to its controller: the uplink and the reports, wired together.
import type { Log } from '../shared/os/log.js';
import type { UplinkConfig } from './config/uplink_config.js';
import type { Tenants } from './config/watch_tenants.js';
import { startReports } from './report/reports.js';
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

/** Begins to connect, and connects again whenever the connection is lost. */
export function connectToController(options: {
  controller: UplinkConfig;
  host: Host;
  tenants: Tenants;
  upgrades: Scheduler;
  log: Log;
  agentVersion: string;
  /** This process, as no other is called. */
  instance: string;
  /** In [0, 1), for the pauses between attempts to connect. */
  random: () => number;
}): ControllerLink {
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
    async close(idle) {
      await uplink.close(idle.then(() => ended.abort()));
      await reports.close();
    },
  };
}
