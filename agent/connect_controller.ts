// What ties this host to its controller: the uplink and the reports, wired together.
import type { Log } from '../shared/os/log.js';
import type { ControllerConfig } from './config/uplink_config.js';
import type { Tenants } from './config/watch_tenants.js';
import { startReports } from './report/reports.js';
import { createHostPort } from './uplink/host_port.js';
import { startUplink } from './uplink/uplink.js';
import type { Host } from './upgrade/host.js';
import type { Upgrades } from './scheduler/scheduler.js';

export interface ControllerTies {
  /** An upgrade has begun, or goes on after its end. */
  noteBegin(id: string): void;
  noteEnd(id: string): void;
  close(): Promise<void>;
}

export function tieToController(options: {
  controller: ControllerConfig;
  host: Host;
  tenants: Tenants;
  upgrades: Upgrades;
  log: Log;
  agentVersion: string;
}): ControllerTies {
  const { controller, host, tenants, upgrades, log, agentVersion } = options;
  const { state, clock, agentUser, leave, name } = host;
  const onChange = () => uplink.sendReport();
  const reports = startReports({ state, tenants, agentUid: agentUser.uid, leave, log, onChange });
  const uplink = startUplink({
    controller,
    port: createHostPort({ host: name, agentVersion, state, upgrades, clock, report: () => reports.make() }),
    statusFile: state.uplink,
    log,
    clock,
    random: Math.random,
  });
  return {
    noteBegin(id) {
      uplink.announce(id);
      reports.noteUpgrade(id);
    },
    noteEnd: (id) => reports.noteUpgrade(id),
    async close() {
      await uplink.close();
      await reports.close();
    },
  };
}
