// `drover-agent run`: the agent itself.
import { systemClock } from '../../../shared/os/clock.js';
import { z } from 'zod';
import { createLog } from '../../../shared/os/log.js';
import { startAgent } from '../../agent.js';
import { connectAgent } from '../../local/connect_agent.js';
import { readyLine } from '../../local/connect_or_start_agent.js';
import { defineCommand, type AgentContext } from '../agent_command.js';
import { flag } from '../../../shared/terminal/inputs.js';
import { openHost } from '../open_host.js';

export const command = defineCommand({
  arguments: [],
  options: {
    '--until-idle':
      'end when no upgrade runs and no command is connected; print `ready` once it listens, and stay at least until standard input ends',
  },
  help: `Resumes unfinished upgrades at once. SIGTERM and SIGINT end the agent and leave
running commands to the next one. Its log goes to standard error, as JSON lines.

Exit codes: 0 stopped by a signal, 1 it lost its lock, 2 a bad configuration, or
another agent runs.
`,
  input: z.object({ untilIdle: flag }),
  async execute(context, { untilIdle }) {
    const stopped = new Promise<'signal'>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) context.onSignal(signal, () => resolve('signal'));
    });
    // The agent outlives the terminal that it was started from.
    context.onSignal('SIGHUP', () => undefined);
    const { config, state } = await openHost(context);
    const log = createLog('drover-agent', config.log_level);
    const agent = await startAgent({
      config,
      log,
      clock: systemClock,
      agentVersion: context.readVersion(),
      hasUplink: !untilIdle,
    });
    if (untilIdle) await waitForStarter(context, state.socket);
    const idle = untilIdle ? [agent.idle.then(() => 'idle' as const)] : [];
    const why = await Promise.race([stopped, agent.lost.then(() => 'lost' as const), ...idle]);
    if (why === 'lost') log.error({ lock: state.lock }, 'the lock of the state folder is lost; the agent ends');
    else log.info({ why }, 'the agent ends');
    await agent.stop();
    return why === 'lost' ? 1 : 0;
  },
});

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
