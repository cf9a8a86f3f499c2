// A host joins the controller with a token, as any host does.
import type { DemoAgent } from '../app/make_host.js';
import { showCommand } from '../shown_command.js';
import type { DemoController, Setup } from '../setup.js';
import { verify } from '../verify.js';

/** Returns the command line that joined it; it may be run again. */
export async function joinHost(
  setup: Setup,
  { controller, agent }: { controller: DemoController; agent: DemoAgent },
): Promise<string> {
  const { name } = agent.host;
  const tokenFile = `${controller.joinTokenFile}-${name}`;
  const made = await showCommand(setup, `(umask 077; drover join-tokens create --host ${name} >${tokenFile})`);
  verify('there is a join token', made, 0);
  const line = `${agent.program} enroll ${controller.agentUrl} --token-stdin <${tokenFile}`;
  verify('the host has joined', await showCommand(setup, line), 0);
  return line;
}
