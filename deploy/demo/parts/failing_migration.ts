// Part two: a release whose migration fails half-way, and the rollback of the whole tenant.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { printSnapshots, takeSnapshot } from '../snapshot.js';
import { printHeading, printText } from '../narrate.js';
import { showCommand } from '../shown_command.js';
import type { Setup } from '../setup.js';
import { verify } from '../verify.js';

const exitRolledBack = 1;

export async function failInMigration(setup: Setup): Promise<void> {
  const { bert } = setup.tenants;
  printHeading('2. A migration that fails');
  printText(
    'bert runs v0.3.0. The demo upgrades it to v0.6.0, whose migration is broken: it cuts every note\nshort, and then fails. Before that, three hooks and a good migration have run.',
  );
  const before = await takeSnapshot(bert);
  const exitCode = await showCommand(setup, `${setup.program} upgrade bert v0.6.0`);
  verify('the exit code says failed or rolled back (1)', exitCode, exitRolledBack);
  const after = await takeSnapshot(bert);
  printSnapshots('bert', before, after);
  verify('bert answers as v0.3.0 again', after.version, before.version);
  verify('v0.3.0 is checked out again', after.commit, before.commit);
  verify('every note has its full text', after.texts, before.texts);
  const marker = path.join(bert.appDir, '.release-v0.6.0-done');
  verify('the marker file of v0.6.0’s hook is removed, so the hook runs again next time', existsSync(marker), false);
  const kept = (await readdir(bert.dataDir)).filter((name) => name.includes('.failed_') && !/-(wal|shm)$/.test(name));
  verify('the database that the migration changed is set aside, not deleted', kept.length, 1);
}
