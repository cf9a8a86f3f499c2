// Act one: a tenant goes over several releases at once, each with its hooks and migrations.
import { resultSchema } from '../../../shared/model/result.js';
import { compareLooks, lookAt } from '../look.js';
import { printHeading, printText } from '../narrate.js';
import { showAndRead, showCommand } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { verify } from '../verify.js';

const exitOfChanges = 10;

export async function upgradeOverReleases(stage: Stage): Promise<void> {
  const { anna } = stage.tenants;
  printHeading('1. Over several releases');
  const before = await lookAt(anna);
  printText('anna runs v0.1.0 and is to have v0.3.0. The plan first; it touches nothing.');
  const planExit = await showCommand(stage, `${stage.program} plan anna v0.3.0`);
  verify('the plan says that there is something to do (exit code 10)', planExit, exitOfChanges);
  verify('anna is as before', await lookAt(anna), before);

  printText('Now the upgrade; what hooks and migrations print is shown as they print it.');
  verify('the upgrade succeeded', await showCommand(stage, `${stage.program} upgrade anna v0.3.0`), 0);
  const after = await lookAt(anna);
  compareLooks('anna', before, after);
  verify('anna answers as v0.3.0', after.version, 'v0.3.0');
  verify('the hooks of both releases ran, once each', after.hooks, [
    'v0.2.0 post-pull',
    'v0.3.0 pre-migrate',
    'v0.3.0 post-migrate',
  ]);
  verify('every note is there', after.texts.length, before.texts.length);
  await goOnAsProgram(stage);
}

async function goOnAsProgram(stage: Stage): Promise<void> {
  const { anna } = stage.tenants;
  printText('And on to v0.5.0, this time with an answer for programs.');
  const { exitCode, stdout } = await showAndRead(stage, `${stage.program} upgrade anna v0.5.0 --json`);
  verify('the upgrade succeeded', exitCode, 0);
  const result = resultSchema.parse(JSON.parse(stdout));
  verify('the JSON names the three hooks of v0.4.0', result.hooks_executed, [
    'pre-pull: v0.4.0.pre-pull.sh - OK',
    'post-pull: v0.4.0.post-pull.sh - OK',
    'post-migrate: v0.4.0.post-migrate.sh - OK',
  ]);
  verify('anna answers as v0.5.0', (await lookAt(anna)).version, result.new_version);
}
