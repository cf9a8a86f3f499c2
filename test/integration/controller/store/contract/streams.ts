// What every store promises of streams.
import { describe, expect, it } from 'vitest';
import { deriveResult } from '../../../../../shared/model/journal/derive_result.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { makeStream } from '../../../../helpers/controller/stored_streams.js';
import { about, now, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeStreams(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);

  describe(`a stream in ${name}`, () => {
    const id = makeId();
    const items = makeStream({ id, tenant: 'acme', host: 'h1' });

    it('is stored item by item in its order, with the result that its events give', async () => {
      await opened.storeAll(id, items);
      expect(await opened.readItems(id)).toEqual(items);
      const events = items.flatMap((item) => ('event' in item ? [item.event] : []));
      expect(await opened.store.upgrades.readResult(id)).toEqual(deriveResult(events));
      const about = { tenant: 'acme', host: 'h1', status: 'success', current_version: 'v0.2.0', events: 6 };
      expect(await opened.store.upgrades.find(id)).toMatchObject({ ...about, isOver: true, order: null });
    });

    it.each(Array.from({ length: 8 }, (_, index) => index))(
      'goes on from where it was, cut after item %i',
      async (cut) => {
        await opened.storeAll(id, items.slice(0, cut));
        const again = await opened.openStream(id);
        const events = items.slice(0, cut).filter((item) => 'event' in item).length;
        expect(again.position().events).toBe(events);
        await Promise.all(items.slice(cut).map((item) => again.add(item)));
        expect(await opened.readItems(id)).toEqual(items);
      },
    );

    it("holds nothing of the tenant's configuration, whatever its agent sent", async () => {
      const [begin] = items;
      if (begin === undefined || !('event' in begin) || begin.event.type !== 'begin') throw new Error('a short stream');
      const config = { environment: { API_TOKEN: 'hunter2' } };
      await (await opened.openStream(id)).add({ event: { ...begin.event, config } });
      expect(JSON.stringify(await opened.readItems(id))).not.toContain('hunter2');
    });

    it('takes no item twice, and none after a gap', async () => {
      const stream = await opened.openStream(id);
      const [begin, next, command, output, more] = items;
      if (!begin || !next || !command || !output || !more) throw new Error('a short stream');
      await stream.add(begin);
      expect(() => stream.add(begin)).toThrow('event 1 after event 1');
      expect(() => stream.add(command)).toThrow('event 3 after event 1');
      await stream.add(next);
      expect(() => stream.add(output)).toThrow('not any');
      await stream.add(command);
      expect(() => stream.add(more)).toThrow('not 0');
      expect(await opened.readItems(id)).toEqual([begin, next, command]);
    });

    it('takes no output that overlaps what it has', async () => {
      const stream = await opened.openStream(id);
      const [begin, next, command, output] = items;
      if (!begin || !next || !command || !output || !('output' in output)) throw new Error('a short stream');
      for (const item of [begin, next, command, output]) await stream.add(item);
      expect(() => stream.add({ output: { ...output.output, at: output.output.next - 1, next: 99 } })).toThrow('not');
      expect(() => stream.add({ output: { ...output.output, at: output.output.next, next: 0 } })).toThrow('not');
    });

    it('keeps output to its end, whatever its agent let through', async () => {
      const [given, kept] = ['\u0000', '\u2400'].map((nul) => {
        const text = `a${nul}b "c" {"event":1}\n\u001b[0m\u{1f680}`;
        return items.map((item) => ('output' in item ? { output: { ...item.output, text } } : item));
      });
      await opened.storeAll(id, given ?? []);
      expect(await opened.readItems(id)).toEqual(kept);
    });

    it('begins with its own beginning only', async () => {
      const stream = await opened.openStream(makeId());
      const [begin] = items;
      if (!begin) throw new Error('a short stream');
      expect(() => stream.add(begin)).toThrow('the event begin of');
    });

    it('is taken from the host that has the tenant, and nothing of it from another', async () => {
      await opened.report('h2', 'acme');
      const stream = await opened.openStream(id);
      const outcomes = await Promise.allSettled(items.map((item) => stream.add(item)));
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
      const [second] = items.slice(1);
      if (second === undefined) throw new Error('a short stream');
      expect(await opened.store.upgrades.find(id)).toBeNull();
      await opened.storeAll(id, items, 'h2');
      expect(await opened.readItems(id)).toEqual(items);
    });

    it('is not taken after its refusal, though the host of the upgrade has begun it meanwhile', async () => {
      await opened.report('h1', 'acme');
      const foreign = await opened.openStream(id, 'h2');
      const [begin, ...rest] = items;
      if (begin === undefined) throw new Error('a short stream');
      await expect(foreign.add(begin)).rejects.toMatchObject({ code: 'forbidden' });
      await opened.storeAll(id, [begin]);
      const outcomes = await Promise.allSettled(rest.map((item) => foreign.add(item)));
      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'forbidden' } });
      expect(await opened.readItems(id)).toEqual([begin]);
    });

    it('of an upgrade that another host was given is not taken, whatever tenant it names', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      await opened.report('h2', 'bmce');
      const [begin] = makeStream({ id, tenant: 'bmce', host: 'h2' });
      if (begin === undefined) throw new Error('a short stream');
      const foreign = await opened.openStream(id, 'h2');
      await expect(foreign.add(begin)).rejects.toMatchObject({ code: 'forbidden' });
      expect(await opened.readItems(id)).toEqual([]);
      expect(await opened.store.orders.find(id)).toMatchObject({ ended_at: null });
    });

    it('answers the orders that its events do, when they are stored', async () => {
      await opened.report('h1', 'acme');
      await opened.add(upgradeOrder(id));
      const answered: string[][] = [];
      const stream = await opened.store.openStream({ upgrade: id, host: 'h1', onStored: (ids) => answered.push(ids) });
      await Promise.all(items.map((item) => stream.add(item)));
      const rollback = { ...about('rollback', null), restore_database: false };
      await opened.add({ kind: 'rollback', ...rollback, host: 'h1' });
      const event = { type: 'rollback', id: rollback.id, restore_database: false, n: 7, at: now } as const;
      await stream.add({ event });
      expect(answered.flat()).toEqual([rollback.id]);
      expect((await opened.store.orders.find(id))?.ended_at).not.toBeNull();
      expect(await opened.store.orders.find(rollback.id)).toMatchObject({ upgrade: id, ended_at: now });
    });
  });

  describe(`old streams in ${name}`, () => {
    it('are removed once their upgrades ended long enough ago, and the results stay', async () => {
      const [old, recent] = [makeId(), makeId()];
      for (const id of [old, recent]) await opened.storeAll(id, makeStream({ id, tenant: id.slice(-8), host: 'h1' }));
      expect(await opened.store.upgrades.pruneLogs('2000-01-01T00:00:00.000Z', 10)).toBe(0);
      expect(await opened.store.upgrades.pruneLogs('2100-01-01T00:00:00.000Z', 1)).toBe(1);
      expect(await opened.readItems(old)).toEqual([]);
      expect(await opened.readItems(recent)).toHaveLength(8);
      expect(await opened.store.upgrades.readResult(old)).toMatchObject({ id: old, status: 'success' });
      // What its host keeps longer is not asked for again.
      expect(await opened.store.upgrades.findWanted('h1', [{ upgrade: old, events: 6 }])).toEqual([]);
      expect(await opened.store.upgrades.findWanted('h1', [{ upgrade: old, events: 7 }])).toEqual([old]);
      expect(await opened.store.upgrades.findWanted('h2', [{ upgrade: old, events: 7 }])).toEqual([]);
    });

    it('go by when they were received, whatever the clocks of their hosts say', async () => {
      const dated = async (at: string) => {
        const id = makeId();
        const items = makeStream({ id, tenant: id.slice(-8), host: 'h1' });
        const moved = items.map((item) => ('event' in item ? { event: { ...item.event, at } } : item));
        await opened.storeAll(id, moved);
        return id;
      };
      const ids = [await dated('2199-01-01T00:00:00.000Z'), await dated('1970-01-01T00:00:00.000Z'), await dated(now)];
      expect(await opened.store.upgrades.pruneLogs('2000-01-01T00:00:00.000Z', 10)).toBe(0);
      expect(await opened.store.upgrades.pruneLogs('2100-01-01T00:00:00.000Z', 10)).toBe(3);
      for (const id of ids) expect(await opened.readItems(id)).toEqual([]);
      expect(await opened.store.upgrades.pruneLogs('2100-01-01T00:00:00.000Z', 10)).toBe(0);
    });
  });
}
