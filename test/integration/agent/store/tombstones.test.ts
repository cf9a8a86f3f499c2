// The ids that never run again though they have no journal.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { stateFolder, type StateFolder } from '../../../../agent/store/state_folder.js';
import { openTombstones, type Tombstone } from '../../../../agent/store/tombstones.js';
import { makeReadOnly } from '../../../helpers/faults/read_only.js';

function makeState() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-tombstones-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return stateFolder(folder);
}

async function open(state: StateFolder) {
  const tombstones = await openTombstones(state);
  onTestFinished(() => tombstones.close());
  return tombstones;
}

const all: Tombstone[] = [{ why: 'ended' }, { why: 'cancelled' }, { why: 'refused', code: 'unknown-tenant' }];

it('an id without a tombstone has none', async () => {
  expect((await open(makeState())).find(uuidv7())).toBeNull();
});

it('remembers each id with one line, however often it is set, also for the next agent', async () => {
  const state = makeState();
  const tombstones = await open(state);
  const ids = all.map(() => uuidv7());
  const remember = () => Promise.all(all.map((why, index) => tombstones.remember(ids[index] ?? '', why)));
  await Promise.all([remember(), remember()]);
  await remember();
  expect(readFileSync(state.tombstones, 'utf8').trim().split('\n')).toHaveLength(3);
  for (const known of [tombstones, await open(state)]) {
    expect(ids.map((id) => known.find(id))).toEqual(all);
    expect(known.countUnrun()).toBe(2);
  }
});

it('an id counts as dead at once, before its tombstone is on the disk', async () => {
  const [tombstones, id] = [await open(makeState()), uuidv7()];
  const writing = tombstones.remember(id, { why: 'cancelled' });
  expect(tombstones.find(id)).toEqual({ why: 'cancelled' });
  await writing;
});

it('cuts a torn last line, and skips one that it does not know', async () => {
  const state = makeState();
  const [first, second] = [uuidv7(), uuidv7()];
  await (await open(state)).remember(first, { why: 'ended' });
  appendFileSync(state.tombstones, `rubbish\n${uuidv7().slice(0, 20)}`);
  const next = await open(state);
  await next.remember(second, { why: 'cancelled' });
  expect(readFileSync(state.tombstones, 'utf8')).toBe(`${first} ended\nrubbish\n${second} cancelled\n`);
  const last = await open(state);
  expect([first, second].map((id) => last.find(id)?.why)).toEqual(['ended', 'cancelled']);
});

it('does not count what the disk refused, and takes it later', async () => {
  const state = makeState();
  await (await open(state)).remember(uuidv7(), { why: 'ended' });
  const [tombstones, id] = [await open(state), uuidv7()];
  const mend = makeReadOnly(state.tombstones);
  await expect(tombstones.remember(id, { why: 'cancelled' })).rejects.toMatchObject({ code: 'io' });
  expect(tombstones.find(id)).toBeNull();
  mend();
  await tombstones.remember(id, { why: 'cancelled' });
  expect((await open(state)).find(id)).toEqual({ why: 'cancelled' });
});

it('takes the files of an older agent over once', async () => {
  const state = makeState();
  const [ended, cancelled] = [uuidv7(), uuidv7()];
  mkdirSync(state.oldTombstones);
  writeFileSync(path.join(state.oldTombstones, ended), '');
  writeFileSync(path.join(state.oldTombstones, cancelled), 'cancelled\n');
  for (const known of [await open(state), await open(state)]) {
    expect([ended, cancelled].map((id) => known.find(id)?.why)).toEqual(['ended', 'cancelled']);
  }
  expect(existsSync(state.oldTombstones)).toBe(false);
});
