// Act two: a release whose migration fails half-way, and a tenant that comes back whole.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { compareLooks, lookAt } from '../look.js';
import { printHeading, printText } from '../narrate.js';
import { showCommand } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { verify } from '../verify.js';

const exitRolledBack = 1;

export async function failInMigration(stage: Stage): Promise<void> {
  const { bert } = stage.tenants;
  printHeading('2. A migration that fails');
  printText(
    'bert runs v0.3.0 and is to have v0.6.0, whose migration is broken: it has cut every note\nshort already when it fails. By then three hooks and a good migration have run.',
  );
  const before = await lookAt(bert);
  const exitCode = await showCommand(stage, `${stage.program} upgrade bert v0.6.0`);
  verify('the upgrade says that it failed', exitCode, exitRolledBack);
  const after = await lookAt(bert);
  compareLooks('bert', before, after);
  verify('bert answers as v0.3.0 again', after.version, before.version);
  verify('git is back, too', after.commit, before.commit);
  verify('every note has its whole text', after.texts, before.texts);
  const marker = path.join(bert.appDir, '.release-v0.6.0-done');
  verify('the marker that v0.6.0’s hook left is gone, so that it will run again', existsSync(marker), false);
  const kept = (await readdir(bert.dataDir)).filter((name) => name.includes('.failed_') && !/-(wal|shm)$/.test(name));
  verify('the database that the migration spoiled was set aside, not deleted', kept.length, 1);
}
