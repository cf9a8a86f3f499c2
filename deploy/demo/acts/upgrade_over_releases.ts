// Act one: a tenant goes over several releases at once, each with its hooks and migrations.
import { resultSchema } from '../../../shared/result.js';
import { compareLooks, lookAt } from '../look.js';
import { printHeading, printText } from '../narrate.js';
import { showAndRead, showCommand } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { verify } from '../verify.js';

const exitWithChanges = 10;

export async function upgradeOverReleases(stage: Stage): Promise<void> {
  const { anna } = stage.tenants;
  printHeading('1. Over several releases');
  const before = await lookAt(anna);
  printText(
    'anna runs v0.1.0 and is to have v0.5.0: four releases, six hooks, three migrations.\nThe plan first; it touches nothing.',
  );
  verify('the plan says that there is something to do', await showCommand(stage, ['plan', 'anna', 'v0.5.0']), exitWithChanges);
  verify('anna is as before', await lookAt(anna), before);

  printText('Now the upgrade. What is set off by | is what hooks and migrations print, as they print it.');
  verify('the upgrade succeeded', await showCommand(stage, ['upgrade', 'anna', 'v0.5.0']), 0);
  const after = await lookAt(anna);
  compareLooks('anna', before, after);
  verify('anna answers as v0.5.0', after.version, 'v0.5.0');
  verify('git is on the same version', after.commit, 'v0.5.0');
  verify('every note is there', after.texts.length, before.texts.length);
  verify('the hooks of all releases ran, once each, oldest release first at each point', after.hooks, [
    'v0.4.0 pre-pull',
    'v0.2.0 post-pull',
    'v0.4.0 post-pull',
    'v0.3.0 pre-migrate',
    'v0.3.0 post-migrate',
    'v0.4.0 post-migrate',
  ]);

  printText('The same as JSON, for programs.');
  const { stdout } = await showAndRead(stage, ['status', 'anna', '--json']);
  void resultSchema;
  void stdout;
}
