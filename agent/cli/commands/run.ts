// `drover-agent run`: the agent itself.
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
      'end when nothing is under way and nobody is connected; prints `ready` once it listens, and stays at least until its standard input ends',
  },
  help: `Upgrades that were left unfinished are gone on with at once. SIGTERM and SIGINT
end the agent and leave what runs to the next one. Its log goes to standard
error, as JSON lines.

Exit codes: 0 told to stop, 1 its lock was lost, 2 a bad configuration, or an
agent runs already.
`,
  input: z.object({ untilIdle: flag }),
  async execute(context, { untilIdle }) {
    const told = new Promise<'told'>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) context.onSignal(signal, () => resolve('told'));
    });
    // The end of the terminal that it was started from is none of its business.
    context.onSignal('SIGHUP', () => undefined);
    const { config, state } = await openHost(context);
    const log = createLog('drover-agent', config.log_level);
    const agent = await startAgent({ config, log, agentVersion: context.readVersion(), hasUplink: !untilIdle });
    if (untilIdle) await waitForStarter(context, state.socket);
    const idle = untilIdle ? [agent.idle.then(() => 'idle' as const)] : [];
    const why = await Promise.race([told, agent.lost.then(() => 'lost' as const), ...idle]);
    if (why === 'lost') log.error({ lock: state.lock }, 'the lock of the state folder was lost; the agent ends');
    else log.info({ why }, 'the agent ends');
    await agent.stop();
    return why === 'lost' ? 1 : 0;
  },
});

/**
 * Whoever started this has still to connect, or may have died: the agent listens to itself until their end of the pipe
 * closes, and so is never idle too early, nor left alone for ever.
 */
async function waitForStarter({ screen, stdin }: AgentContext, socket: string): Promise<void> {
  const own = await connectAgent(socket);
  const leave = () => own?.close();
  stdin.once('end', leave).once('error', leave).once('close', leave).resume();
  screen.print(readyLine);
}
