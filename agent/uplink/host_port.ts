// What the uplink's conversation is about on a real host.
import type { Clock } from '../../shared/clock.js';
import type { Report } from '../../shared/report.js';
import { openStories } from '../session/open_stories.js';
import type { StateFolder } from '../upgrade/state_folder.js';
import { listStreamHeads, readStreamHead } from '../upgrade/stream_heads.js';
import type { Upgrades } from '../upgrade/upgrades.js';
import type { AgentPort } from './protocol.js';

export interface HostPortOptions {
  host: string;
  agentVersion: string;
  state: StateFolder;
  upgrades: Upgrades;
  clock: Pick<Clock, 'now'>;
  report: () => Promise<Report>;
}

export function createHostPort({ host, agentVersion, state, upgrades, clock, report }: HostPortOptions): AgentPort {
  return {
    hello: () => ({ host, agent_version: agentVersion, at: clock.now().toISOString() }),
    report,
    listStreams: () => listStreamHeads(state, upgrades),
    readStream: (upgrade) => readStreamHead(state, upgrades, upgrade),
    isUnderWay: (upgrade) => upgrades.list().some(({ id }) => id === upgrade),
    openStory: openStories(state, upgrades),
    upgrades,
  };
}
