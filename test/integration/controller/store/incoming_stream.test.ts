// The stream of an upgrade as it is stored: without gap, without repetition, and there after the process was killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStoreDatabase } from '../../../../controller/store/sqlite/database.js';
import { openStore, type Store } from '../../../../controller/store/sqlite/open_store.js';
import { makeId } from '../../../../shared/os/ids.js';
import type { StreamItem } from '../../../../shared/model/stream_item.js';
import { deriveResult } from '../../../../shared/model/derive_result.js';
import { makeStream } from '../../../helpers/controller/stored_streams.js';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  store = openStore(path.join(folder, 'controller.db'));
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const open = (upgrade: string) =>
  store.openStream({ upgrade, host: 'h1', mayBegin: () => undefined, onStored: () => undefined });

async function storeAll(id: string, items: readonly StreamItem[]): Promise<void> {
  const stream = await open(id);
  await Promise.all(items.map((item) => stream.add(item)));
}

function readItems(id: string): StreamItem[] {
  const row = store.upgrades.find(id);
  return row === null ? [] : store.upgrades.readStream(row.no, 0, 1000).map(({ item }) => item);
}

describe('a stream', () => {
  const id = makeId();
  const items = makeStream({ id, tenant: 'acme', host: 'h1' });

  it('is stored item by item in its order, with the result that its records give', async () => {
    await storeAll(id, items);
    expect(readItems(id)).toEqual(items);
    const row = store.upgrades.find(id);
    const events = items.flatMap((item) => ('event' in item ? [item.event] : []));
    expect(row && store.upgrades.readResult(row)).toEqual(deriveResult(events));
    expect(row).toMatchObject({ tenant: 'acme', host: 'h1', status: 'success', current_version: 'v0.2.0', events: 6 });
  });

  it.each(Array.from({ length: 8 }, (_, index) => index))(
    'goes on from where it was, cut after item %i',
    async (cut) => {
      await storeAll(id, items.slice(0, cut));
      const again = await open(id);
      const events = items.slice(0, cut).filter((item) => 'event' in item).length;
      expect(again.position().events).toBe(events);
      await Promise.all(items.slice(cut).map((item) => again.add(item)));
      expect(readItems(id)).toEqual(items);
    },
  );

  it("holds nothing of the tenant's configuration, whatever its agent sent", async () => {
    const [begin] = items;
    if (begin === undefined || !('event' in begin) || begin.event.type !== 'begin') throw new Error('a short stream');
    await (await open(id)).add({ event: { ...begin.event, config: { environment: { API_TOKEN: 'hunter2' } } } });
    expect(JSON.stringify(readItems(id))).not.toContain('hunter2');
  });

  it('takes no item twice, and none after a gap', async () => {
    const stream = await open(id);
    const [begin, next, command, output, more] = items;
    if (!begin || !next || !command || !output || !more) throw new Error('a short stream');
    await stream.add(begin);
    expect(() => stream.add(begin)).toThrow('record 1 after record 1');
    expect(() => stream.add(command)).toThrow('record 3 after record 1');
    await stream.add(next);
    expect(() => stream.add(output)).toThrow('not any');
    await stream.add(command);
    expect(() => stream.add(more)).toThrow('not 0');
    expect(readItems(id)).toEqual([begin, next, command]);
  });

  it('keeps output to its end, whatever its agent let through', async () => {
    const [given, kept] = ['\u0000', '\u2400'].map((nul) => {
      const text = `a${nul}b "c" {"event":1}\n\u001b[0m\u{1f680}`;
      return items.map((item) => ('output' in item ? { output: { ...item.output, text } } : item));
    });
    await storeAll(id, given ?? []);
    expect(readItems(id)).toEqual(kept);
  });

  it('begins with its own beginning only', async () => {
    const stream = await open(makeId());
    const [begin] = items;
    if (!begin) throw new Error('a short stream');
    expect(() => stream.add(begin)).toThrow('the beginning of');
  });
});

describe('the database', () => {
  it('refuses to be opened by an older version', async () => {
    const file = path.join(folder, 'newer.db');
    const database = openStoreDatabase(file);
    await database.write((sql) => sql.run('PRAGMA user_version = 99'));
    await database.close();
    expect(() => openStoreDatabase(file)).toThrow('was written by a newer version of Drover');
  });

  it('lets one failing write fail alone', async () => {
    const database = openStoreDatabase(path.join(folder, 'other.db'));
    const key = (name: string) => database.write((sql) => sql.run(`INSERT INTO keys VALUES (?, '', '', '')`, [name]));
    const outcomes = await Promise.allSettled([key('a'), key('a'), key('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(database.read.all('SELECT key FROM keys ORDER BY key').map(({ key }) => key)).toEqual(['a', 'b']);
    await database.close();
  });

  it('is whole in its one file once it is closed', async () => {
    const [file, copy] = [path.join(folder, 'closed.db'), path.join(folder, 'copy.db')];
    const database = openStoreDatabase(file);
    await database.write((sql) => sql.run(`INSERT INTO keys VALUES ('a', '', '', '')`));
    await database.close();
    copyFileSync(file, copy);
    const copied = openStoreDatabase(copy);
    expect(copied.read.all('SELECT key FROM keys')).toEqual([{ key: 'a' }]);
    await copied.close();
  });

  it('has everything that it said was stored when its process is killed in the middle', async () => {
    const file = path.join(folder, 'killed.db');
    const program = path.join(import.meta.dirname, '../../../../dist/test/helpers/controller/store_records.js');
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (said.length === 300) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(said.length).toBeGreaterThanOrEqual(300);
    const database = openStoreDatabase(file);
    const stored = new Set(database.read.all('SELECT key FROM keys').map(({ key }) => key));
    expect(said.filter((key) => !stored.has(key))).toEqual([]);
    await database.close();
  });
});

describe('old streams', () => {
  it('are removed once their upgrades ended long enough ago, and the results stay', async () => {
    const [old, recent] = [makeId(), makeId()];
    for (const id of [old, recent]) await storeAll(id, makeStream({ id, tenant: id.slice(-8), host: 'h1' }));
    const [oldRow, recentRow] = [store.upgrades.find(old), store.upgrades.find(recent)];
    if (oldRow === null || recentRow === null) throw new Error('not stored');
    expect(await store.upgrades.pruneLogs('2000-01-01T00:00:00.000Z', 10)).toBe(0);
    expect(await store.upgrades.pruneLogs('2100-01-01T00:00:00.000Z', 1)).toBe(1);
    expect(readItems(old)).toEqual([]);
    expect(readItems(recent)).toHaveLength(8);
    expect(store.upgrades.readResult(oldRow)).toMatchObject({ id: old, status: 'success' });
    // What its host keeps longer is not asked for again.
    expect(store.upgrades.findWanted('h1', [{ upgrade: old, events: 6 }])).toEqual([]);
  });
});
