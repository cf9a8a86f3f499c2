// Nothing is answered before its effect is durable: for each answer of the controller, it is killed right after the
// answer, and the next controller holds what was answered. The table in controller/README.md lists these answers.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import { makeStream, stampEvents } from '../../helpers/controller/stored_streams.js';
import { openKilledController, type KilledController } from './killed_host.js';

/** One for each test, which leaves its orders behind. */
const tenants = Array.from({ length: 14 }, (_, index) => `tenant-${index}`);
const keyed = { 'idempotency-key': 'a-key' };

let rig: KilledController;
beforeAll(async () => {
  rig = await openKilledController(tenants);
});
afterAll(() => rig.close());
afterEach(() => rig.leave());

test('a welcome: the host is known', async () => {
  await rig.welcome('h2');
  await rig.kill();
  expect((await rig.ask('/hosts/h2')).body).toMatchObject({ host: 'h2', state: 'offline', agent_version: '0.1.0' });
});

test('an upgrade: it is offered once its host connects, and bars another one', async () => {
  const [tenant = ''] = tenants;
  const { status, body } = await rig.upgrade(tenant);
  expect(status).toBe(202);
  await rig.kill();
  expect(await rig.upgrade(tenant)).toMatchObject({ status: 409, body: { code: 'busy' } });
  await rig.connect();
  expect(await rig.nextOf('upgrade', tenant)).toMatchObject({ id: body['id'] });
  await rig.disconnect();
});

test('an upgrade with a key: the same key is the same upgrade', async () => {
  const [, tenant = ''] = tenants;
  const { body } = await rig.upgrade(tenant, keyed);
  await rig.kill();
  expect(await rig.upgrade(tenant, keyed)).toMatchObject({ status: 202, body: { id: body['id'] } });
  expect(await rig.post(`/tenants/${tenant}/upgrade`, {}, keyed)).toMatchObject({ body: { code: 'key-reused' } });
  expect(await rig.listOwed(tenant)).toEqual(['upgrade']);
});

test('an upgrade that was sent to its host: only the host can end it', async () => {
  const [, , tenant = ''] = tenants;
  await rig.connect();
  const { body } = await rig.upgrade(tenant);
  await rig.nextOf('upgrade', tenant);
  await rig.kill();
  const cancelled = await rig.post(`/upgrades/${String(body['id'])}/cancel`, {});
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'queued', delivery: { state: 'cancelling' } } });
  await rig.kill();
  expect(await rig.look(String(body['id']))).toMatchObject({ delivery: { state: 'cancelling' } });
  expect(await rig.listOwed(tenant)).toEqual(['cancel']);
});

test('an upgrade that its host refused: it stays refused, and is not offered again', async () => {
  const [, , , tenant = ''] = tenants;
  await rig.connect();
  const asking = rig.upgrade(tenant, { prefer: 'wait=60' });
  await rig.answerNext('upgrade', tenant, { upgrade: null, code: 'not-allowed-remotely' });
  const { status, body } = await asking;
  expect({ status, body }).toMatchObject({ status: 200, body: { status: 'refused' } });
  await rig.kill();
  expect(await rig.look(String(body['id']))).toEqual(body);
  expect(await rig.listOwed(tenant)).toEqual([]);
});

test('a cancel of an upgrade that was never sent: it is cancelled, and is not offered', async () => {
  const [, , , , tenant = ''] = tenants;
  const { body } = await rig.upgrade(tenant);
  const cancelled = await rig.post(`/upgrades/${String(body['id'])}/cancel`, {});
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  await rig.kill();
  expect(await rig.look(String(body['id']))).toEqual(cancelled.body);
  const events = await rig.open(`/upgrades/${String(body['id'])}/events`);
  expect(await events.text()).toMatch(/^: [^\n]*\n\nevent: end\n/);
  expect(await rig.listOwed(tenant)).toEqual([]);
});

test('a cancel that the host has answered: it is not sent again, nor is the upgrade', async () => {
  const [, , , , , tenant = ''] = tenants;
  await rig.connect();
  const { body } = await rig.upgrade(tenant);
  const asking = rig.post(`/upgrades/${String(body['id'])}/cancel`, {});
  await rig.answerNext('cancel', tenant, { upgrade: null });
  expect(await asking).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  await rig.kill();
  expect(await rig.look(String(body['id']))).toMatchObject({ status: 'cancelled', delivery: { state: 'ended' } });
  expect(await rig.listOwed(tenant)).toEqual([]);
});

test.each([
  {
    kind: 'rollback',
    at: 6,
    body: { restore_database: false },
    event: { type: 'rollback', restore_database: false },
  },
  { kind: 'resume', at: 7, body: { accept: false }, event: { type: 'resume', accept: false } },
] as const)('a $kind, with a key and without: it is not sent again, and the key gets its answer', async (row) => {
  const tenant = tenants[row.at] ?? '';
  const path = `/tenants/${tenant}/${row.kind}`;
  const id = await rig.endUpgrade(tenant);
  const answer = { upgrade: id };
  const asking = [rig.post(path, row.body, { 'idempotency-key': `${row.kind}-key` }), rig.post(path, row.body)];
  const requests = [await rig.answerNext(row.kind, tenant, answer), await rig.answerNext(row.kind, tenant, answer)];
  const events = requests.map((request) => ({ ...row.event, id: request }));
  await rig.sendStream(
    id,
    stampEvents(events, 7).map((event) => ({ event })),
    8,
  );
  expect(await Promise.all(asking)).toMatchObject([
    { status: 202, body: { id } },
    { status: 202, body: { id } },
  ]);
  await rig.kill();
  expect(await rig.post(path, row.body, { 'idempotency-key': `${row.kind}-key` })).toMatchObject({
    status: 202,
    body: { id },
  });
  expect(await rig.listOwed(tenant)).toEqual([]);
});

test('a mark, and the refusal of one: neither is sent again, and the key gets its answer', async () => {
  const tenant = tenants[8] ?? '';
  const path = `/tenants/${tenant}/marks`;
  const mark = { tag: 'v0.2.0', as: 'done', reason: 'by hand' };
  await rig.connect();
  const asking = rig.post(path, mark, { 'idempotency-key': 'mark-1' });
  await rig.answerNext('mark', tenant, { upgrade: null });
  expect(await asking).toMatchObject({ status: 200 });
  const refusing = rig.post(path, mark, { 'idempotency-key': 'mark-2' });
  await rig.answerNext('mark', tenant, { upgrade: null, code: 'not-allowed-remotely' });
  const refused = await refusing;
  expect(refused).toMatchObject({ body: { code: 'not-allowed-remotely' } });
  await rig.kill();
  expect(await rig.post(path, mark, { 'idempotency-key': 'mark-1' })).toMatchObject({ status: 200 });
  expect(await rig.post(path, mark, { 'idempotency-key': 'mark-2' })).toEqual(refused);
  expect(await rig.listOwed(tenant)).toEqual([]);
});

test('a plan: nothing is left of it', async () => {
  const tenant = tenants[9] ?? '';
  await rig.connect();
  const asking = rig.post(`/tenants/${tenant}/plan`, {});
  const { request_id } = await rig.nextOf('plan', tenant);
  const error = { code: 'busy', message: 'not now', hint: null };
  rig.connected().send({ type: 'plan_result', request_id, plan: null, error });
  expect(await asking).toMatchObject({ status: 409, body: { code: 'busy' } });
  await rig.kill();
  expect(await rig.listOwed(tenant)).toEqual([]);
  expect((await rig.ask(`/upgrades?tenant=${tenant}`)).body).toMatchObject({ items: [] });
});

test('what a follower was shown, and what the host was told is stored: it is there', async () => {
  const tenant = tenants[10] ?? '';
  const id = makeId();
  await rig.connect();
  const stream = makeStream({ id, tenant, host: 'h1' });
  await rig.sendStream(id, stream.slice(0, 4));
  await expect.poll(async () => (await rig.look(id))['status']).toBe('running');
  const shown = await readShown(id, 'line 2');
  await rig.kill();
  const log = await (await rig.open(`/upgrades/${id}/log`)).text();
  expect(log).toContain('line 2');
  expect(await (await rig.open(`/upgrades/${id}/events?follow=false`)).text()).toContain(shown);
  await rig.connect();
  rig.connected().send({ type: 'streams', streams: [{ upgrade: id, events: 6 }] });
  expect(await rig.connected().next('stored')).toMatchObject({ streams: [{ upgrade: id, events: 3 }] });
  await rig.disconnect();
});

/** The events that a follower is shown, until they hold the text. */
async function readShown(id: string, text: string): Promise<string> {
  const leave = new AbortController();
  const response = await rig.open(`/upgrades/${id}/events`, { signal: leave.signal });
  let shown = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    shown += decoder.decode(chunk, { stream: true });
    if (shown.includes(text)) break;
  }
  return shown.slice(0, shown.lastIndexOf('\n\n'));
}
