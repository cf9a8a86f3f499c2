// The ids that never run again though they have no journal.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { readTombstone, writeTombstone } from '../../../../agent/store/tombstones.js';

function makeState() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-tombstones-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return stateFolder(folder);
}

it('an id without a tombstone has none', () => {
  expect(readTombstone(makeState(), uuidv7())).toBeNull();
});

it.each(['ended', 'cancelled'] as const)(
  'a tombstone says that its upgrade was %s, however often it is set',
  async (why) => {
    const [state, id] = [makeState(), uuidv7()];
    await writeTombstone(state, id, why);
    await writeTombstone(state, id, why);
    expect(readTombstone(state, id)).toBe(why);
    expect(readdirSync(state.tombstones)).toEqual([id]);
  },
);

it('an id counts as dead at once, before its tombstone is on the disk', async () => {
  const [state, id] = [makeState(), uuidv7()];
  const writing = writeTombstone(state, id, 'cancelled');
  expect(readTombstone(state, id)).toBe('cancelled');
  await writing;
});
