// Act four: the controller is killed while somebody watches. The upgrade does not mind, and its stream is told to the end.
import type { BackgroundProcess } from '../background_process.js';
import { lookAt, readHookRuns } from '../look.js';
import { indexPart, mendedTag } from '../mended_release.js';
import { printCommand, printHeading, printText } from '../narrate.js';
import { watchCommand } from '../shown_command.js';
import type { DemoController, Stage } from '../stage.js';
import { startController } from '../start_programs.js';
import { verify } from '../verify.js';
import { checkStream, checkTenant } from './check_mended.js';

/** Ends `controller`, and leaves another one running. */
export async function killController(
  stage: Stage,
  { controller, of }: { controller: BackgroundProcess; of: DemoController },
): Promise<void> {
  const { bert } = stage.tenants;
  printHeading('4. The controller is killed');
  printText(`bert tries again, now with ${mendedTag}. This time it is the controller that gets a SIGKILL.`);
  const before = await lookAt(bert);
  const upgrade = watchCommand(stage, 'drover upgrade bert');
  verify('the hook has begun', await upgrade.says(indexPart(3)), true);
  printCommand(`kill -9 ${controller.pid}`);
  await controller.end('SIGKILL');
  const hook = (await readHookRuns(bert)).at(-1);
  verify('`drover` says that the controller is gone', await upgrade.says('cannot be reached'), true);

  printText('A controller is started again. The agent comes back to it and tells what it has missed.');
  printCommand('drover-controller run &');
  await startController(stage, of);
  const { exitCode, stdout } = await upgrade.ended;
  verify('`drover` has watched through it, to a good end', exitCode, 0);
  checkStream(stdout);
  await checkTenant(bert, { before, hook });
}
