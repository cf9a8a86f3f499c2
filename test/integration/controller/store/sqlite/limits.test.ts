// The limits of what the controller stores of an upgrade and of a host, in bytes, and what makes room again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controllerLimits } from '../../../../../controller/limits.js';
import { openStoreDatabase, type StoreDatabase } from '../../../../../controller/store/sqlite/database/database.js';
import { openStore } from '../../../../../controller/store/sqlite/open_store.js';
import { makeId } from '../../../../../shared/os/ids.js';
import type { StreamItem } from '../../../../../shared/model/journal/stream_item.js';
import { finishOf, makeStream, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { useStore } from '../contract/use_store.js';

/** Each of its characters takes three bytes. */
const text = `${'€'.repeat(100)}\n`;
const rowBytes = 64;
const over = 'the controller stores no more of the output';
const far = '2100-01-01T00:00:00.000Z';

/** A second handle on the store's file: sets its counters, and counts anew. */
let database: StoreDatabase;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-limits-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const opened = useStore(async () => {
  const file = path.join(folder, 'controller.db');
  const store = openStore(file);
  database = openStoreDatabase(file);
  await store.hosts.connect({ host: 'h1', agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at: far });
  const remove = async () => {
    await database.close();
    await store.close();
  };
  return { store, remove };
});

const set = (columns: string, id: string, value: number) =>
  database.write((sql) => sql.run(`UPDATE upgrades SET ${columns} = ? WHERE id = ?`, [value, id]));
const setHost = (bytes: number) =>
  database.write((sql) => sql.run(`UPDATE hosts SET stored_bytes = ? WHERE host = 'h1'`, [bytes]));

/** What the host counts as, and what its rows are in truth. */
function countHost() {
  const counted = database.read.get(`SELECT stored_bytes AS bytes FROM hosts WHERE host = 'h1'`);
  const real = database.read.get(`SELECT sum(length(CAST(body AS BLOB)) + ${rowBytes}) AS bytes FROM stream_items`);
  return { counted: Number(counted?.['bytes']), stored: Number(real?.['bytes'] ?? 0) };
}

/** An upgrade whose hook prints `text` twice; cut after its command. */
function makeUpgrade(id = makeId()) {
  const items = makeStream({ id, tenant: id.slice(-8), host: 'h1', lines: 0 });
  const [command] = items.slice(2);
  if (command === undefined || !('event' in command) || command.event.type !== 'command') throw new Error('no command');
  const { key } = command.event;
  const sizeBytes = Buffer.byteLength(text);
  const print = (at: number): StreamItem => ({ output: { key, at, next: at + sizeBytes, text } });
  return { id, begun: items.slice(0, 3), output: [print(0), print(sizeBytes)], rest: items.slice(3) };
}

async function addAll(id: string, items: readonly StreamItem[]): Promise<void> {
  const stream = await opened.openStream(id);
  await Promise.all(items.map((item) => stream.add(item)));
}

const textsOf = async (id: string) =>
  (await opened.readItems(id)).flatMap((item) => ('output' in item ? [item.output.text] : []));

describe('what is stored', () => {
  it('is counted in bytes, for its upgrade and for its host', async () => {
    const { id, begun, output, rest } = makeUpgrade();
    await addAll(id, [...begun, ...output, ...rest]);
    const { counted, stored } = countHost();
    expect(counted).toBe(stored);
    const row = database.read.get('SELECT event_bytes, output_bytes FROM upgrades WHERE id = ?', [id]);
    expect(row?.['output_bytes']).toBe(2 * (Buffer.byteLength(text) + rowBytes));
    expect(Number(row?.['event_bytes']) + Number(row?.['output_bytes'])).toBe(stored);
  });

  it('is subtracted once, though a rollback extends the upgrade after its log was removed', async () => {
    const kept = makeUpgrade();
    await addAll(kept.id, kept.begun);
    const { id, begun, output, rest } = makeUpgrade();
    await addAll(id, [...begun, ...output, ...rest]);
    expect(await opened.store.upgrades.pruneLogs(far, 10)).toBe(1);
    expect(countHost().counted).toBe(countHost().stored);
    const undo = stampEvents([{ type: 'rollback', id: makeId(), restore_database: false }, finishOf('rolled_back')], 7);
    const more = undo.map((event) => ({ event }));
    await addAll(id, more);
    expect(countHost().counted).toBe(countHost().stored);
    expect(await opened.store.upgrades.pruneLogs(far, 10)).toBe(1);
    const { counted, stored } = countHost();
    expect(stored).toBeGreaterThan(0);
    expect(counted).toBe(stored);
  });

  it('is subtracted once, though its stream was open when its log was removed', async () => {
    const { id, begun, output, rest } = makeUpgrade();
    const stream = await opened.openStream(id);
    await Promise.all([...begun, ...output, ...rest].map((item) => stream.add(item)));
    expect(await opened.store.upgrades.pruneLogs(far, 10)).toBe(1);
    const kept = makeUpgrade();
    await addAll(kept.id, [...kept.begun, ...kept.output]);
    const undo = stampEvents([{ type: 'rollback', id: makeId(), restore_database: false }, finishOf('rolled_back')], 7);
    await Promise.all(undo.map((event) => stream.add({ event })));
    expect(await opened.store.upgrades.pruneLogs(far, 10)).toBe(1);
    const { counted, stored } = countHost();
    expect(stored).toBeGreaterThan(0);
    expect(counted).toBe(stored);
  });
});

describe('a limit of one upgrade', () => {
  it('on output stores what fits, one line in place of the rest, and all events', async () => {
    const { id, begun, output, rest } = makeUpgrade();
    await addAll(id, begun);
    await set('output_bytes', id, controllerLimits.upgradeOutput.max - Buffer.byteLength(text) - rowBytes);
    await addAll(id, [...output, ...rest]);
    expect(await textsOf(id)).toEqual([text, expect.stringContaining(over)]);
    expect(await opened.store.upgrades.find(id)).toMatchObject({ status: 'success', events: 6 });
  });

  it('on the size of its events ends it here as failed at the first that does not fit', async () => {
    const { id, begun } = makeUpgrade();
    await addAll(id, begun);
    const [fits, excess] = stampEvents(
      ['a', 'b'].map((letter) => ({ type: 'line', text: `€${letter}` }) as const),
      4,
    );
    if (fits === undefined || excess === undefined) throw new Error('no events');
    const sizeBytes = Buffer.byteLength(JSON.stringify(fits)) + rowBytes;
    await set('event_bytes', id, controllerLimits.upgradeEventBytes.max - sizeBytes);
    const stream = await opened.openStream(id);
    await stream.add({ event: fits });
    await expect(stream.add({ event: excess })).rejects.toMatchObject({ code: 'too-large' });
    expect(await opened.store.upgrades.find(id)).toMatchObject({ status: 'failed', events: 4, needs_operator: true });
    expect(await opened.store.upgrades.findWanted('h1', [{ upgrade: id, events: 9 }])).toEqual([]);
  });

  it('on the number of its events ends it here as failed at the first over it', async () => {
    const { id, begun } = makeUpgrade();
    await addAll(id, begun);
    const most = controllerLimits.upgradeEvents.max;
    await set('events', id, most - 1);
    const [fits, excess] = stampEvents(
      ['a', 'b'].map((line) => ({ type: 'line', text: line }) as const),
      most,
    );
    if (fits === undefined || excess === undefined) throw new Error('no events');
    const stream = await opened.openStream(id);
    await stream.add({ event: fits });
    await expect(stream.add({ event: excess })).rejects.toMatchObject({ code: 'too-large' });
    expect(await opened.store.upgrades.readResult(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'too-large' },
    });
  });
});

describe('a host that is over its limit', () => {
  it('has one line stored in place of the output of an upgrade that runs, and all its events', async () => {
    const { id, begun, output, rest } = makeUpgrade();
    await addAll(id, begun);
    await setHost(controllerLimits.hostBytes.max + 1);
    await addAll(id, [...output, ...rest]);
    expect(await textsOf(id)).toEqual([expect.stringContaining(over)]);
    expect(await opened.store.upgrades.find(id)).toMatchObject({ status: 'success', events: 6 });
  });

  it('is seen to be over it by a stream that was open before', async () => {
    const { id, begun, output } = makeUpgrade();
    const stream = await opened.openStream(id);
    await setHost(controllerLimits.hostBytes.max - 500);
    await Promise.all(begun.map((item) => stream.add(item)));
    await Promise.all(output.map((item) => stream.add(item)));
    expect(await textsOf(id)).toEqual([expect.stringContaining(over)]);
  });

  it('has its next upgrades refused and listed as failed, until the removal of old logs has made room', async () => {
    const [old, refused, taken] = [makeUpgrade(), makeUpgrade(), makeUpgrade()];
    await addAll(old.id, [...old.begun, ...old.output, ...old.rest]);
    await setHost(controllerLimits.hostBytes.max + 1);
    const stream = await opened.openStream(refused.id);
    const outcomes = await Promise.allSettled(refused.begun.map((item) => stream.add(item)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'too-large' } });
    const [listed] = (await opened.store.upgrades.list({ limit: 1 })).items;
    const message = 'the controller has no room for more of h1';
    expect(listed).toMatchObject({ id: refused.id, status: 'failed', message, needs_operator: true, events: 0 });
    expect(await opened.readItems(refused.id)).toEqual([]);
    expect(await opened.store.upgrades.findWanted('h1', [{ upgrade: refused.id, events: 9 }])).toEqual([]);
    await opened.store.upgrades.pruneLogs(far, 10);
    await addAll(taken.id, [...taken.begun, ...taken.output, ...taken.rest]);
    expect(await textsOf(taken.id)).toEqual([text, text]);
    expect(await opened.store.upgrades.find(taken.id)).toMatchObject({ status: 'success', events: 6 });
  });
});
