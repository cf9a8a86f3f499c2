// How deliveries are tried again: after which pauses, signed anew, and also where the store fails meanwhile.
import { Webhook } from 'standardwebhooks';
import { expect, it, vi } from 'vitest';
import type { WebhooksOptions } from '../../../../controller/webhooks/create_webhooks.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { openReceiver } from '../../../helpers/controller/webhook_receiver.js';
import { allDelivered, hourMs, makeWebhooks, tester } from './make_webhooks.js';

it('follow after pauses that double up to an hour, a part of them left to chance, and are signed at their own time', async () => {
  const { add, test, see, skip } = await makeWebhooks();
  const receiver = await openReceiver((response) => response.writeHead(500).end());
  await add(receiver.url);
  await test();
  const pauses: number[] = [];
  for (let attempts = 1; attempts <= 12; attempts += 1) {
    const [first] = await see(([one]) => one?.attempts === attempts);
    pauses.push(Date.parse(first?.next_at ?? '') - Date.parse(first?.attempted_at ?? ''));
    await skip(hourMs);
  }
  // With 0.5 for chance: three quarters of 5 s, 10 s, …, an hour.
  expect(pauses.slice(0, 3)).toEqual([3750, 7500, 15_000]);
  expect(pauses.slice(-2)).toEqual([2_700_000, 2_700_000]);
  const [first, second] = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(hourMs / 1000);
});

it('go on after a failure of the store', async () => {
  let failures = 0;
  const failing = (store: WebhooksOptions['store']): WebhooksOptions['store'] => ({
    ...store,
    async findFirst(id) {
      failures += 1;
      if (failures === 1) throw new Error('the disk is broken');
      return store.findFirst(id);
    },
  });
  const waits: number[] = [];
  const clock = { ...systemClock, wait: async (ms: number) => void waits.push(ms) };
  const { add, test, see } = await makeWebhooks({ clock }, failing);
  const receiver = await openReceiver();
  await add(receiver.url);
  await test();
  await see(allDelivered);
  expect(receiver.received).toHaveLength(1);
  expect(waits).toEqual([5000]);
});

it('are not made for a scope that is none, and each kind of event is wanted once', async () => {
  const { webhooks } = await makeWebhooks();
  const wish = { name: 'chat', url: 'https://hooks.example.com/', scope: null } as const;
  const events = ['host.offline', 'host.offline'] as const;
  const scoped = webhooks.create({ ...wish, events, scope: 'ring=' }, tester);
  await expect(scoped).rejects.toMatchObject({ code: 'invalid' });
  expect(await webhooks.create({ ...wish, events }, tester)).toMatchObject({ events: ['host.offline'] });
});

it('are signed by a new secret and for a day by the one before it too, after that by the new one alone', async () => {
  const { webhooks, add, test, see, skip } = await makeWebhooks();
  const receiver = await openReceiver();
  const { secret: first } = await add(receiver.url);
  const { secret, old_secret_until: until } = await webhooks.rotate('chat', tester);
  expect(secret).not.toBe(first);
  expect(Math.round((Date.parse(until ?? '') - Date.now()) / hourMs)).toBe(24);
  expect(await webhooks.list()).toMatchObject([{ name: 'chat', old_secret_until: until }]);
  await test();
  await skip(23.9 * hourMs);
  await test();
  await see(allDelivered);
  await skip(0.2 * hourMs);
  expect(await webhooks.list()).toMatchObject([{ old_secret_until: null }]);
  await test();
  await see(allDelivered);
  /** With a library whose clock is that of the delivery. */
  const isTaken = (by: string, { body, headers }: (typeof receiver.received)[number]) => {
    vi.spyOn(Date, 'now').mockReturnValue(Number(headers['webhook-timestamp']) * 1000);
    try {
      return new Webhook(by).verify(body, headers) !== null;
    } catch {
      return false;
    } finally {
      vi.restoreAllMocks();
    }
  };
  expect(receiver.received.map((one) => [isTaken(secret, one), isTaken(first, one)])).toEqual([
    [true, true],
    [true, true],
    [true, false],
  ]);
});
