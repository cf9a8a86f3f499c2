// What rollbacks set aside goes when there is more of it than is kept.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { createJournal } from '../../../../agent/store/journal.js';
import { makeStateFolder, stateFolder } from '../../../../agent/store/state_folder.js';
import { pruneBackups } from '../../../../agent/scheduler/prune.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeTenant } from '../tenant/database/tenant_database.js';

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
const kept = (hour: number) => ['', '-wal', '_2', '_2-wal'].map((end) => `20251216_1${hour}0000${end}`);

it('removes the databases that older rollbacks set aside, but none of an upgrade that waits for an operator', async () => {
  const state = stateFolder(mkdtempSync(path.join(tmpdir(), 'drover-tidy-')));
  await makeStateFolder(state);
  const { database, context, file, folder } = makeTenant();
  const setAside = async (hour: number, hold: 'undo-failed' | null) => {
    const [id, stamp] = [uuidv7(), `20251216_1${hour}0000`];
    const journal = await createJournal(path.join(state.upgrades, id), systemClock);
    journal.append({
      type: 'begin',
      version: 1,
      id,
      tenant: 'a',
      host: 'h',
      request,
      plan: null,
      current_version: null,
      config: null,
    });
    journal.append({ type: 'memo', key: 'aside_stamp', value: stamp });
    journal.append({ type: 'finish', status: 'failed', current_version: null, hold, failure: null });
    journal.close();
    for (const end of ['', '-wal', '_2', '_2-wal']) writeFileSync(`${file}.failed_${stamp}${end}`, '');
  };
  for (const hour of [0, 1, 2, 3]) await setAside(hour, hour === 1 ? 'undo-failed' : null);
  writeFileSync(`${file}.failed_by_hand`, '');

  await pruneBackups({ state, features: { database }, readContext: context }, { tenant: 'a', keep: 1 });
  const left = readdirSync(folder)
    .filter((name) => name.includes('.failed_'))
    .map((name) => name.replace(/^.*\.failed_/, ''));
  expect(left.toSorted()).toEqual([...kept(1), ...kept(3), 'by_hand'].toSorted());
  rmSync(state.folder, { recursive: true });
});
