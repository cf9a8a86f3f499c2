// How deliveries are tried again: after which pauses, signed anew, and also where the store fails meanwhile.
import { expect, it } from 'vitest';
import type { WebhooksOptions } from '../../../../controller/webhooks/create_webhooks.js';
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
  const { add, test, see } = await makeWebhooks({}, failing);
  const receiver = await openReceiver();
  await add(receiver.url);
  await test();
  await see(allDelivered);
  expect(receiver.received).toHaveLength(1);
}, 30_000);

it('are not made for a scope that is none, and each kind of event is wanted once', async () => {
  const { webhooks } = await makeWebhooks();
  const wish = { name: 'chat', url: 'https://hooks.example.com/', scope: null } as const;
  const events = ['host.offline', 'host.offline'] as const;
  const scoped = webhooks.create({ ...wish, events, scope: 'ring=' }, tester);
  await expect(scoped).rejects.toMatchObject({ code: 'invalid' });
  expect(await webhooks.create({ ...wish, events }, tester)).toMatchObject({ events: ['host.offline'] });
});
