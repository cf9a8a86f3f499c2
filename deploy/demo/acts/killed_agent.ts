// Act three: the agent is killed in the middle of a hook. The hook goes on, the next agent takes it over, and `drover` goes on watching.
import { existsSync } from 'node:fs';
import type { BackgroundProcess } from '../background_process.js';
import { lookAt, readHookRuns } from '../look.js';
import { indexPart, mendedTag, releaseMended } from '../mended_release.js';
import { printCommand, printHeading, printText } from '../narrate.js';
import { watchCommand } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { startAgent } from '../start_programs.js';
import { verify } from '../verify.js';
import { checkStream, checkTenant } from './check_mended.js';

/** Ends `agent`, and leaves another one running. */
export async function killAgent(stage: Stage, agent: BackgroundProcess): Promise<void> {
  const { carol } = stage.tenants;
  printHeading('3. The agent is killed');
  await releaseMended(stage.repository);
  printText(
    `The team has brought out ${mendedTag}, which mends the migration. carol, on v0.2.0, is to have the latest.\nOne of its hooks is slow; in the middle of it the agent gets a SIGKILL.`,
  );
  const before = await lookAt(carol);
  const upgrade = watchCommand(stage, 'drover upgrade carol');
  verify('the hook has begun', await upgrade.says(indexPart(3)), true);
  printCommand(`kill -9 ${agent.pid}`);
  await agent.end('SIGKILL');
  const hook = (await readHookRuns(carol)).at(-1);
  verify('the hook runs on without an agent', hook !== undefined && existsSync(`/proc/${hook.pid}`), true);
  verify('`drover` says that it can no longer see it', await upgrade.says('is out of sight'), true);

  printText('An agent is started again, as systemd would do. It goes on where its journal says it was.');
  printCommand('drover-agent run &');
  await startAgent(stage);
  const { exitCode, stdout } = await upgrade.ended;
  verify('`drover` has watched through it, to a good end', exitCode, 0);
  checkStream(stdout);
  await checkTenant(carol, { before, hook });
}
