// `drover-agent run`: the agent itself.
import { z } from 'zod';
import { toAppError } from '../../../shared/errors.js';
import { systemClock } from '../../../shared/os/clock.js';
import { createLog, type ProcessLog } from '../../../shared/os/log.js';
import { openServiceManager, type ServiceManager } from '../../../shared/os/systemd/service_manager.js';
import { flag } from '../../../shared/terminal/inputs.js';
import { startAgent, type RunningAgent } from '../../agent.js';
import { loadAgentConfig } from '../../config/load.js';
import { connectAgent } from '../../local/connect_agent.js';
import { readyLine } from '../../local/connect_or_start_agent.js';
import { defineCommand, type AgentContext } from '../agent_command.js';
import { openHost } from '../open_host.js';
import { recoverFirst } from '../recover_first.js';

export const command = defineCommand({
  arguments: [],
  options: {
    '--until-idle':
      'end when no upgrade runs and no command is connected; print `ready` once it listens, and stay at least until standard input ends',
  },
  help: `Resumes unfinished upgrades at once. SIGTERM and SIGINT end the agent and leave
running commands to the next one. SIGHUP makes it read agent.yaml and the tenant
files again. Its log goes to standard error, as JSON lines. Under systemd it tells
when it is ready, and what it does: systemctl status drover-agent.

With an agent.yaml that cannot be used it brings the upgrades that have begun to
their end, by the configuration that they began with, and then fails.

Exit codes: 0 stopped by a signal, 1 it lost its lock, 2 a bad configuration, or
another agent runs.
`,
  input: z.object({ untilIdle: flag }),
  async execute(context, { untilIdle }) {
    const stopped = new Promise<'signal'>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) context.onSignal(signal, () => resolve('signal'));
    });
    const manager = openManager(context, { untilIdle });
    // The agent outlives the terminal that it was started from. Until it has started it takes nothing anew.
    const stopIgnoring = context.onSignal('SIGHUP', () => manager.endReload());
    const started = await manager.whileStarting(() => start(context, { manager, untilIdle, stopped }));
    if (started === null) return 0;
    const { agent, log, config, state } = started;
    if (untilIdle) await waitForStarter(context, state.socket);
    else {
      context.onSignal('SIGHUP', createReload({ agent, log, manager, file: config.file }));
      stopIgnoring();
    }
    manager.tellReady();
    const idle = untilIdle ? [agent.idle.then(() => 'idle' as const)] : [];
    const why = await Promise.race([stopped, agent.lost.then(() => 'lost' as const), ...idle]);
    if (why === 'lost') log.error({ lock: state.lock }, 'the lock of the state folder is lost; the agent ends');
    else log.info({ why }, 'the agent ends');
    manager.tellStopping();
    await agent.stop();
    await manager.close();
    return why === 'lost' ? 1 : 0;
  },
});

/** An agent that a command started for itself is no service, whatever it inherited. */
function openManager({ env, screen }: AgentContext, { untilIdle }: { untilIdle: boolean }): ServiceManager {
  return openServiceManager({ env: untilIdle ? {} : env, pid: process.pid, onProblem: (text) => screen.note(text) });
}

interface Starting {
  manager: ServiceManager;
  untilIdle: boolean;
  stopped: Promise<unknown>;
}

/** Null where it was stopped before it could start. */
async function start(context: AgentContext, { manager, untilIdle, stopped }: Starting) {
  const opened = await openHost(context).catch(async (error: unknown) => {
    if (untilIdle || !(await recoverFirst(context.configFile, { error, manager, stopped }))) throw error;
    return null;
  });
  if (opened === null) return null;
  const { config, state } = opened;
  const log = createLog('drover-agent', config.log_level);
  const agent = await startAgent({
    config,
    log,
    clock: systemClock,
    agentVersion: context.readVersion(),
    hasUplink: !untilIdle,
    tellStatus: (text) => manager.tellStatus(text),
  });
  return { config, state, log, agent };
}

interface Reloading {
  agent: RunningAgent;
  log: ProcessLog;
  manager: ServiceManager;
  /** agent.yaml. */
  file: string;
}

/** Reads agent.yaml and all tenant files again, one time after the other. What cannot be used leaves all as it is. */
function createReload({ agent, log, manager, file }: Reloading): () => void {
  let reloading = Promise.resolve();
  async function reload(): Promise<void> {
    manager.tellReloading();
    try {
      const written = await loadAgentConfig(file);
      const afterRestart = await agent.reload(written);
      log.setLevel(written.log_level);
      agent.setProblem(afterRestart.length === 0 ? null : `in use after a restart only: ${afterRestart.join(', ')}`);
      log.info({ file, afterRestart }, 'the configuration was read again');
    } catch (error) {
      const { message, hint } = toAppError(error);
      agent.setProblem(`the configuration was not taken anew: ${message}`);
      log.error({ hint }, `the configuration was not taken anew, and the last good one is kept: ${message}`);
    }
    manager.tellReady();
  }
  return () => {
    reloading = reloading.then(reload);
  };
}

/**
 * The command that started this agent has still to connect, or may have died. The agent is its own client until that
 * command's end of the pipe closes, so that it neither becomes idle too early nor runs for ever.
 */
async function waitForStarter({ screen, stdin }: AgentContext, socket: string): Promise<void> {
  const own = await connectAgent(socket);
  const leave = () => own?.close();
  stdin.once('end', leave).once('error', leave).once('close', leave).resume();
  screen.print(readyLine);
}
