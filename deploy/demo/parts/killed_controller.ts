// Part four: the controller is killed during an upgrade. The upgrade continues, and its log arrives complete.
import type { BackgroundProcess } from '../background_process.js';
import { takeSnapshot, readHookRuns } from '../snapshot.js';
import { indexPart, fixedTag } from '../fixed_release.js';
import { printCommand, printHeading, printText } from '../narrate.js';
import { watchCommand } from '../shown_command.js';
import type { DemoController, Setup } from '../setup.js';
import { startController } from '../start_programs.js';
import { verify } from '../verify.js';
import { checkLog, checkTenant } from './check_fixed_release.js';

/** Ends `controller`, and leaves another one running. */
export async function killController(
  setup: Setup,
  { controller, of }: { controller: BackgroundProcess; of: DemoController },
): Promise<void> {
  const { bert } = setup.tenants;
  printHeading('4. The controller is killed');
  printText(`bert gets a second upgrade, now to ${fixedTag}. This time the demo kills the controller.`);
  const before = await takeSnapshot(bert);
  const upgrade = watchCommand(setup, 'drover upgrade bert');
  verify('the hook is running', await upgrade.prints(indexPart(3)), true);
  printCommand(`kill -9 ${controller.pid}`);
  await controller.end('SIGKILL');
  const hook = (await readHookRuns(bert)).at(-1);
  verify('`drover` reports that the controller is unreachable', await upgrade.prints('cannot be reached'), true);

  printText('The demo starts a controller again. The agent reconnects and sends the events that are missing.');
  printCommand('drover-controller run &');
  await startController(setup, of);
  const { exitCode, stdout } = await upgrade.ended;
  verify('`drover` showed the upgrade to its end, and it succeeded', exitCode, 0);
  checkLog(stdout);
  await checkTenant(bert, { before, hook });
}
