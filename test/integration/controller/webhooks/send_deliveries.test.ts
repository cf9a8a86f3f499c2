// Deliveries against real receivers: one that takes them, hangs, redirects, answers too much, dies and comes back.
import { pipeline } from 'node:stream/promises';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { createAddressRules } from '../../../../controller/webhooks/address_rules.js';
import type { WebhooksOptions } from '../../../../controller/webhooks/create_webhooks.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { openReceiver } from '../../../helpers/controller/webhook_receiver.js';
import { allDelivered, hourMs, makeWebhooks, tester } from './make_webhooks.js';

it('are sent in order, with ids, numbers and signatures that the library of Standard Webhooks takes', async () => {
  const { add, test, see } = await makeWebhooks();
  const receiver = await openReceiver();
  const { secret } = await add(receiver.url);
  const queued = [await test(), await test(), await test()];
  const received = await receiver.waitFor(3);
  expect(received.map(({ target }) => target)).toEqual(Array.from({ length: 3 }, () => 'POST /in?for=drover'));
  expect(received.map(({ parsed }) => parsed.timestamp)).toEqual(queued.map(({ at }) => at));
  expect(received.map(({ parsed }) => parsed.sequence)).toEqual([1, 2, 3]);
  expect(received.map(({ id }) => id)).toEqual(queued.map(({ id }) => id));
  for (const { headers, body } of received) {
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'webhook.test', data: {} });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'drover-controller/1.2.3' });
  }
  const log = await see(allDelivered);
  expect(log).toMatchObject([{ attempts: 1, status: 204, error: null }, { attempts: 1 }, { attempts: 1 }]);
});

it('leave as soon as what they tell of is stored, and the store is not asked again and again', async () => {
  let lookups = 0;
  const counting = (store: WebhooksOptions['store']): WebhooksOptions['store'] => ({
    ...store,
    async findFirst(id) {
      lookups += 1;
      return store.findFirst(id);
    },
  });
  const { store, add, see } = await makeWebhooks({}, counting);
  const receiver = await openReceiver();
  await add(receiver.url);
  const at = systemClock.now().toISOString();
  await store.hosts.connect({ host: 'web-1', agentVersion: '1', protocolVersion: 2, clockSkewMs: 0, at });
  await store.hosts.noteConnected('web-1', at);
  await store.hosts.noteOffline('web-1', at);
  const [first] = await receiver.waitFor(1);
  expect(first?.parsed).toMatchObject({ type: 'host.offline', sequence: 1, data: { host: 'web-1' } });
  await see(allDelivered);
  // At its start, when it was woken, and after the end of the attempt; one more where it was woken as it looked.
  expect(lookups).toBeLessThanOrEqual(4);
});

it('wait behind one that is not taken, and follow it with its old id when the receiver is well again', async () => {
  const { add, test, see, skip } = await makeWebhooks();
  let isWell = false;
  const receiver = await openReceiver((response) => response.writeHead(isWell ? 200 : 500).end());
  await add(receiver.url);
  await test();
  await see(([first]) => first?.attempts === 1);
  await test();
  // A test tries the first that waits at once.
  const before = await see(([first]) => first?.attempts === 2);
  expect(before).toMatchObject([
    { state: 'waiting', status: 500, error: 'it answered with HTTP 500' },
    { attempts: 0 },
  ]);
  isWell = true;
  await skip(hourMs);
  await see(allDelivered);
  expect(receiver.received.map(({ parsed }) => parsed.sequence)).toEqual([1, 1, 1, 2]);
  expect(new Set(receiver.received.slice(0, 3).map(({ id }) => id)).size).toBe(1);
});

it('are tried again at a receiver that was gone and came back', async () => {
  const { add, test, see, skip } = await makeWebhooks();
  const gone = await openReceiver((response) => response.destroy());
  await add(gone.url);
  await test();
  await see(([first]) => first?.attempts === 1);
  await gone.close();
  await skip(hourMs);
  const [refused] = await see(([first]) => first?.attempts === 2);
  expect(refused).toMatchObject({ state: 'waiting', status: null, error: 'connection refused: nothing listens there' });
  const back = await openReceiver(undefined, { port: gone.port });
  await skip(hourMs);
  await see(allDelivered);
  expect(back.received.map(({ id }) => id)).toEqual(gone.received.map(({ id }) => id));
});

it('are given up in time where the look-up of the name hangs', async () => {
  const { add, test, see } = await makeWebhooks({ attemptMs: 100, resolve: () => new Promise(() => undefined) });
  await add('https://hooks.example.com/in');
  await test();
  const [hung] = await see(([first]) => first?.attempts === 1);
  expect(hung).toMatchObject({ status: null, error: 'no answer within 0.1 s', state: 'waiting' });
});

it('are given up by a receiver that hangs, in time, and do not reach where one redirects', async () => {
  const { add, test, see } = await makeWebhooks({ attemptMs: 100 });
  const elsewhere = await openReceiver();
  let count = 0;
  const receiver = await openReceiver((response) => {
    count += 1;
    if (count === 1) return;
    response.writeHead(307, { location: elsewhere.url }).end();
  });
  await add(receiver.url);
  await test();
  const [hung] = await see(([first]) => first?.attempts === 1);
  expect(hung).toMatchObject({ status: null, error: 'no answer within 0.1 s', state: 'waiting' });
  await test();
  const [redirected] = await see(([first]) => first?.attempts === 2);
  expect(redirected).toMatchObject({ status: 307, error: 'it redirects (HTTP 307), which is not followed' });
  expect(elsewhere.received).toEqual([]);
});

it('end at a receiver that answers 100 MB, of which little is read', async () => {
  const { add, test, see } = await makeWebhooks();
  let sent = 0;
  const receiver = await openReceiver(async (response) => {
    response.writeHead(200);
    const piece = Buffer.alloc(64 * 1024);
    const pieces = async function* () {
      for (; sent < 1600; sent += 1) yield piece;
    };
    await pipeline(pieces, response).catch(() => undefined);
  });
  await add(receiver.url);
  await test();
  expect(await see(allDelivered)).toMatchObject([{ status: 200, attempts: 1 }]);
  // It was still sending.
  expect(sent).toBeLessThan(1600);
});

it('are failed after three days, so that the next ones come through, and can be sent again by hand', async () => {
  const { webhooks, add, test, see, skip } = await makeWebhooks();
  let isWell = false;
  const receiver = await openReceiver((response) => response.writeHead(isWell ? 200 : 503).end());
  await add(receiver.url);
  await test();
  await see(([first]) => first?.attempts === 1);
  await skip(73 * hourMs);
  const [failed] = await see(([first]) => first?.state === 'failed');
  expect(failed).toMatchObject({ attempts: 2, status: 503, next_at: null });
  isWell = true;
  await test();
  await see(([, second]) => second?.state === 'delivered');
  await webhooks.redeliver('chat', 1, tester);
  await see(allDelivered);
  expect(receiver.received.map(({ parsed }) => parsed.sequence)).toEqual([1, 1, 2, 1]);
  expect(receiver.received.at(-1)?.id).toBe(receiver.received[0]?.id);
});

it('go to the very address that was checked, looked up once for each attempt', async () => {
  const receiver = await openReceiver();
  const asked: string[] = [];
  // A name whose second answer is another: what was checked first is what is dialled.
  const resolve = async (name: string) => {
    asked.push(name);
    return asked.length === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
  };
  const { add, test, see } = await makeWebhooks({ resolve });
  await add(`http://hooks.example.com:${receiver.port}/in`);
  await test();
  await see(allDelivered);
  expect(receiver.received[0]?.headers['host']).toBe(`hooks.example.com:${receiver.port}`);
  await test();
  const [, refused] = await see(([, second]) => second?.attempts === 1);
  expect(refused?.error).toMatch(/^hooks\.example\.com \(169\.254\.169\.254\) is no public address/);
  expect(asked).toEqual(['hooks.example.com', 'hooks.example.com']);
  expect(receiver.received).toHaveLength(1);
});

it('never leave for this machine unless that is allowed', async () => {
  const receiver = await openReceiver();
  const rules = createAddressRules([]);
  const { add, test, see } = await makeWebhooks({ rules });
  await expect(add(receiver.url)).rejects.toMatchObject({ code: 'invalid' });
  await add(`http://localhost:${receiver.port}/in`);
  await test();
  const [refused] = await see(([first]) => first?.attempts === 1);
  expect(refused).toMatchObject({
    state: 'waiting',
    status: null,
    error: expect.stringContaining('is no public address'),
  });
  expect(receiver.received).toEqual([]);
});

it('that were on their way when the controller ended are sent again, with their old id', async () => {
  const { webhooks, add, test, see } = await makeWebhooks();
  const receiver = await openReceiver((response, { parsed }) => {
    // The first one hangs.
    if (receiver.received.length > 1 || parsed.sequence > 1) response.writeHead(200).end();
  });
  await add(receiver.url);
  await test();
  await receiver.waitFor(1);
  await webhooks.close();
  await webhooks.start();
  expect(await see(allDelivered)).toMatchObject([{ attempts: 1 }]);
  expect(receiver.received.map(({ id }) => id)).toEqual([receiver.received[0]?.id, receiver.received[0]?.id]);
});
