// Part one: a tenant is upgraded over several releases at once, each with its hooks and migrations.
import { resultSchema } from '../../../shared/model/result.js';
import { printSnapshots, takeSnapshot } from '../snapshot.js';
import { printHeading, printText } from '../narrate.js';
import { showAndRead, showCommand } from '../shown_command.js';
import type { Setup } from '../setup.js';
import { verify } from '../verify.js';

const exitOfChanges = 10;

export async function upgradeOverReleases(setup: Setup): Promise<void> {
  const { anna } = setup.tenants;
  printHeading('1. An upgrade over several releases');
  const before = await takeSnapshot(anna);
  printText('anna runs v0.1.0. First the plan of an upgrade to v0.3.0, which touches nothing.');
  const planExit = await showCommand(setup, `${setup.program} plan anna v0.3.0`);
  verify('the exit code of the plan says that there are changes (10)', planExit, exitOfChanges);
  verify('anna is unchanged', await takeSnapshot(anna), before);

  printText('Now the upgrade, with the live output of hooks and migrations.');
  verify('the upgrade succeeded', await showCommand(setup, `${setup.program} upgrade anna v0.3.0`), 0);
  const after = await takeSnapshot(anna);
  printSnapshots('anna', before, after);
  verify('anna answers as v0.3.0', after.version, 'v0.3.0');
  verify('the hooks of v0.2.0 and v0.3.0 ran, once each, in order', after.hooks, [
    'v0.2.0 post-pull',
    'v0.3.0 pre-migrate',
    'v0.3.0 post-migrate',
  ]);
  verify('no note is lost (v0.3.0 moves the #tags out of the text)', after.texts.length, before.texts.length);
  await upgradeWithJson(setup);
}

async function upgradeWithJson(setup: Setup): Promise<void> {
  const { anna } = setup.tenants;
  printText('Then to v0.5.0, this time with the result as JSON, for scripts.');
  const { exitCode, stdout } = await showAndRead(setup, `${setup.program} upgrade anna v0.5.0 --json`);
  verify('the upgrade succeeded', exitCode, 0);
  const result = resultSchema.parse(JSON.parse(stdout));
  verify('the JSON names the three hooks of v0.4.0', result.hooks_executed, [
    'pre-pull: v0.4.0.pre-pull.sh - OK',
    'post-pull: v0.4.0.post-pull.sh - OK',
    'post-migrate: v0.4.0.post-migrate.sh - OK',
  ]);
  verify('anna answers as v0.5.0', (await takeSnapshot(anna)).version, result.new_version);
}
