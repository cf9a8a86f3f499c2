// The real host behind the agent's protocol with a controller.
import type { Clock } from '../../shared/os/clock.js';
import type { Report } from '../../shared/model/report/report.js';
import { openStreams } from '../session/open_streams.js';
import type { StateFolder } from '../store/state_folder.js';
import { listStreamHeads, readStreamHead } from '../store/stream/stream_heads.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { AgentPort } from './agent_protocol.js';

export interface HostPortOptions {
  agentVersion: string;
  state: StateFolder;
  upgrades: Scheduler;
  clock: Clock;
  agentUid: number;
  report: () => Promise<Report>;
  /** Aborted once no upgrade of this agent goes on. */
  ended: AbortSignal;
}

/** Opens no journal before the first request. */
export function createHostPort({ agentVersion, report, ...store }: HostPortOptions): AgentPort {
  const { state, upgrades, clock, agentUid, ended } = store;
  const { journals } = upgrades;
  return {
    hello: () => ({ agent_version: agentVersion, at: clock.now().toISOString() }),
    report,
    listStreams: () => listStreamHeads(state, journals),
    readStream: (upgrade) => readStreamHead(state, journals, upgrade),
    listWaiting: () =>
      upgrades.list().flatMap(({ id, waiting }) => (waiting === null ? [] : [{ upgrade: id, state: waiting }])),
    isActive: (upgrade) => upgrades.list().some(({ id }) => id === upgrade),
    openStream: openStreams({ state, journals, clock, agentUid, ended }),
    upgrades,
  };
}
