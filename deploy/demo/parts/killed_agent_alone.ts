// Part three without a controller: the agent is killed in the middle of a hook. The hook continues, and the next agent
// takes it over.
import { existsSync } from 'node:fs';
import type { BackgroundProcess } from '../background_process.js';
import { takeSnapshot, readHookRuns } from '../snapshot.js';
import { indexPart, fixedTag, addFixedRelease } from '../fixed_release.js';
import { printCommand, printHeading, printText } from '../narrate.js';
import { showAndRead, watchCommand } from '../shown_command.js';
import type { Setup } from '../setup.js';
import { startAgent } from '../start_programs.js';
import { verify } from '../verify.js';
import { checkLog, checkTenant } from './check_fixed_release.js';

const exitUnreachable = 3;

/** Ends `agent`, and leaves another one running. */
export async function killAgentAlone(setup: Setup, agent: BackgroundProcess): Promise<void> {
  const { carol } = setup.tenants;
  printHeading('3. The agent is killed');
  await addFixedRelease(setup.repository);
  printText(
    `A new release, ${fixedTag}, fixes the migration. carol runs v0.2.0. Without a version the upgrade goes to the\nhighest stable tag. One hook of that release is slow. In the middle of it, the demo kills the agent.`,
  );
  const before = await takeSnapshot(carol);
  const upgrade = watchCommand(setup, 'drover-agent upgrade carol');
  verify('the hook is running', await upgrade.prints(indexPart(3)), true);
  printCommand(`kill -9 ${agent.pid}`);
  await agent.end('SIGKILL');
  const { exitCode } = await upgrade.ended;
  verify('the command reports that the agent disconnected (exit code 3)', exitCode, exitUnreachable);
  const hook = (await readHookRuns(carol)).at(-1);
  verify('the hook still runs, without an agent', hook !== undefined && existsSync(`/proc/${hook.pid}`), true);

  printText('The demo starts an agent again, as systemd does.');
  printCommand('drover-agent run &');
  await startAgent(setup, setup.agent);
  printText('The agent resumes the upgrade by itself. This is the whole log, from the beginning to the end:');
  const { stdout } = await showAndRead(setup, 'drover-agent logs carol -f');
  checkLog(stdout);
  await checkTenant(carol, { before, hook });
}
