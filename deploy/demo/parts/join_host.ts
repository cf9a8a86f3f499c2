// The host joins the controller with a token, as any host does.
import { printText } from '../narrate.js';
import { showCommand } from '../shown_command.js';
import type { DemoController, Setup } from '../setup.js';
import { verify } from '../verify.js';

export async function joinHost(setup: Setup, { agentUrl, joinTokenFile }: DemoController): Promise<void> {
  printText('A host joins with a token that is good once. Its own key is made on the host, and never leaves it.');
  const made = await showCommand(setup, `(umask 077; drover join-tokens create --host demo-host >${joinTokenFile})`);
  verify('there is a join token', made, 0);
  const joined = await showCommand(setup, `drover-agent enroll ${agentUrl} --token-stdin <${joinTokenFile}`);
  verify('the host has joined', joined, 0);
  const again = await showCommand(setup, `drover-agent enroll ${agentUrl} --token-stdin <${joinTokenFile}`);
  verify('what is done twice takes no second use of the token', again, 0);
}
