// The agent inside the test's own process, from its sources: a process of its own takes a second of CPU to start. Tests of
// signals, kills and exit codes use the real process (agent_process.ts).
import { startAgent } from '../../../agent/agent.js';
import { systemClock } from '../../../shared/os/clock.js';
import { loadAgentConfig } from '../../../agent/config/load.js';
import { collectLog } from '../collect_log.js';
import type { AgentProcess } from './agent_process.js';

/** Starts the agent, on this clock, and returns once it is ready. It ends as by SIGTERM, and cannot be killed. */
export async function startAgentInProcess(configFile: string, clock = systemClock): Promise<AgentProcess> {
  const config = await loadAgentConfig(configFile);
  const log = collectLog();
  const agent = await startAgent({ config, log, clock, agentVersion: '1.2.3', hasUplink: true, tellStatus() {} });
  let stopping: Promise<void> | null = null;
  return {
    pid: process.pid,
    ready: Promise.resolve(true),
    ended: agent.lost,
    logged: async (text) => void (await log.waitFor(text)),
    log: () => log.lines.map((line) => JSON.stringify(line)).join('\n'),
    async end(signal) {
      if (signal !== 'SIGTERM') throw new Error(`an agent in this process takes no ${signal}`);
      stopping ??= agent.stop();
      await stopping;
    },
  };
}
