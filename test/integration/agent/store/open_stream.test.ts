// The stream of an upgrade that runs: a client gets an event only once it is on the disk.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createJournal, journalName } from '../../../../agent/store/journal.js';
import { openStream } from '../../../../agent/store/stream/open_stream.js';
import { readStream } from '../../../../agent/store/stream/read_stream.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { readStreamHead } from '../../../../agent/store/stream/stream_heads.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';

test('an event that is written and not synced is shown to nobody, nor counted, until it is synced', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'open-stream-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = stateFolder(folder);
  const id = makeId();
  mkdirSync(state.upgrades, { recursive: true });
  const journal = await createJournal(path.join(state.upgrades, id), systemClock);
  onTestFinished(() => journal.close());
  const journals = { find: () => journal, untilBegun: async () => undefined };
  const source = await openStream({ state, journals, agentUid: process.getuid?.() ?? 0, clock: systemClock }, id);
  const items = readStream(source, { events: 0, outputs: {} }, AbortSignal.timeout(10_000));

  journal.append({ type: 'line', text: 'one' });
  expect(readFileSync(path.join(state.upgrades, id, journalName), 'utf8')).toContain('"one"');
  let synced = false;
  const first = items.next().then((item) => ({ item, synced }));
  expect(source.readEvents()).toEqual([]);
  expect(await readStreamHead(state, journals, id)).toBeNull();
  synced = true;
  await journal.sync();
  expect(await first).toMatchObject({ item: { value: { event: { text: 'one' } } }, synced: true });
  expect(await readStreamHead(state, journals, id)).toEqual({ upgrade: id, events: 1 });
});
