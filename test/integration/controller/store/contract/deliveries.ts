// What every store promises of deliveries to webhooks: which is due, and what becomes of it.
import { describe, expect, it } from 'vitest';
import { controllerLimits } from '../../../../../controller/limits.js';
import { AppError } from '../../../../../shared/errors.js';
import { now, type OpenedStore } from './use_store.js';
import { attempt, entry, later, useWebhooks } from './use_webhooks.js';

/** Holds an adapter against this part of the contract. */
export function describeDeliveries(name: string, open: () => Promise<OpenedStore>): void {
  const { opened, addWebhook, listAll } = useWebhooks(open);

  async function addTests(count: number): Promise<void> {
    for (let no = 0; no < count; no += 1) {
      await opened.store.webhooks.addTest('chat', { until: later }, entry('webhooks.test'));
    }
  }

  describe(`deliveries in ${name}`, () => {
    it('are due in order: the next one once the first was taken or given up', async () => {
      const id = await addWebhook();
      await addWebhook('other');
      await addTests(3);
      const first = await opened.store.webhooks.findFirst(id);
      expect(first).toMatchObject({ sequence: 1, attempts: 0, kind: 'webhook.test', secret: 'whsec_c2VjcmV0' });
      const failing = { status: 500, error: 'it answered with HTTP 500' };
      await opened.store.webhooks.noteAttempt({
        ...attempt(id, 1),
        ...failing,
        outcome: { state: 'waiting', next_at: later },
      });
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ sequence: 1, attempts: 1, next_at: later });
      expect(await opened.store.webhooks.find('chat')).toMatchObject({ waiting: 3, problem: failing.error });
      expect(await opened.store.webhooks.find('other')).toMatchObject({ waiting: 0, problem: null });
      expect((await opened.store.webhooks.listDeliveries('other', { limit: 9 })).items).toEqual([]);
      await opened.store.webhooks.noteAttempt({ ...attempt(id, 1, 1), ...failing, outcome: { state: 'failed' } });
      await opened.store.webhooks.noteAttempt(attempt(id, 2));
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ sequence: 3 });
      expect(await opened.store.webhooks.find('chat')).toMatchObject({
        waiting: 1,
        failed: 1,
        sequence: 3,
        problem: null,
      });
      expect(await opened.store.webhooks.find('other')).toMatchObject({ failed: 0 });
      const { items } = await opened.store.webhooks.listDeliveries('chat', { limit: 9, state: 'failed' });
      expect(items).toMatchObject([{ sequence: 1, attempts: 2, status: 500, error: failing.error, next_at: null }]);
    });

    it('can be made due again with their old id and number, before those that wait', async () => {
      const id = await addWebhook();
      await addTests(2);
      const before = await opened.store.webhooks.findFirst(id);
      await opened.store.webhooks.noteAttempt(attempt(id, 1));
      const again = await opened.store.webhooks.redeliver(
        'chat',
        { sequence: 1, until: later },
        entry('webhooks.redeliver'),
      );
      expect(again).toMatchObject({ id: before?.id, sequence: 1, state: 'waiting' });
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({
        id: before?.id,
        sequence: 1,
        data: before?.data,
        next_at: now,
        until: later,
      });
      // It waits: its former end is none any more.
      expect(await opened.store.webhooks.prune('2027', 9)).toBe(0);
      const { items } = await opened.store.seenBy(null).listAudit({ limit: 2 });
      expect(items.map(({ action }) => action)).toEqual(['webhooks.redeliver', 'webhooks.test']);
      const unknown = opened.store.webhooks.redeliver('chat', { sequence: 9, until: later }, entry('x'));
      await expect(unknown).rejects.toThrow(AppError);
    });

    it('are tried for three days from their event, and a test until then from when it is asked for', async () => {
      const id = await addWebhook();
      await opened.store.hosts.noteConnected('h1', now);
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ at: now, until: '2026-01-04T00:00:00.000Z' });
      await opened.store.webhooks.noteAttempt({
        ...attempt(id, 1),
        outcome: { state: 'waiting', next_at: later },
      });
      await addTests(1);
      // A test has the first that waits tried at once.
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ sequence: 1, next_at: now });
      await opened.store.webhooks.noteAttempt(attempt(id, 1, 1));
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ sequence: 2, until: later });
    });

    it('are kept as they were asked for anew, whatever an older attempt says', async () => {
      const id = await addWebhook();
      await addTests(1);
      await opened.store.webhooks.noteAttempt(attempt(id, 1));
      await opened.store.webhooks.redeliver('chat', { sequence: 1, until: later }, entry('webhooks.redeliver'));
      await opened.store.webhooks.noteAttempt(attempt(id, 1, 0));
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ sequence: 1, attempts: 1 });
    });

    it('are listed in pages, the latest first, and removed a while after their end', async () => {
      const id = await addWebhook();
      await addTests(3);
      const first = await opened.store.webhooks.listDeliveries('chat', { limit: 2 });
      const rest = await opened.store.webhooks.listDeliveries('chat', { limit: 2, cursor: first.next ?? '' });
      expect([...first.items, ...rest.items].map(({ sequence }) => sequence)).toEqual([3, 2, 1]);
      await opened.store.webhooks.noteAttempt(attempt(id, 1));
      await opened.store.webhooks.noteAttempt(attempt(id, 2));
      expect(await opened.store.webhooks.prune(later, 9)).toBe(0);
      expect(await opened.store.webhooks.prune('2026-01-03', 1)).toBe(1);
      expect(await opened.store.webhooks.prune('2026-01-03', 9)).toBe(1);
      expect((await listAll()).map(({ sequence }) => sequence)).toEqual([3]);
    });

    it('wait in a bounded number: the oldest is given up, and stays in the log', async () => {
      const id = await addWebhook();
      const { max } = controllerLimits.webhookWaiting;
      const adding = Array.from({ length: max + 2 }, () =>
        opened.store.webhooks.addTest('chat', { until: later }, entry('webhooks.test')),
      );
      await Promise.all(adding);
      expect(await opened.store.webhooks.find('chat')).toMatchObject({ waiting: max, failed: 2 });
      expect(await opened.store.webhooks.findFirst(id)).toMatchObject({ sequence: 3 });
      // They have ended.
      expect(await opened.store.webhooks.prune(later, 9)).toBe(2);
    });
  });
}
