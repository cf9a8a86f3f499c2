// Orders whose answers get lost on the way: they are asked for again, and taken on once.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../../../controller/client/create_client.js';
import { systemClock, type Clock } from '../../../../shared/os/clock.js';
import { AppError } from '../../../../shared/errors.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';

/** A way to the controller on which so many answers get lost, each with its connection; its URL. */
async function loseAnswers(port: number, count: number): Promise<{ url: string; lost: () => number }> {
  let lost = 0;
  const server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    socket.pipe(onward);
    onward.on('data', (bytes) => {
      if (lost === count) return socket.write(bytes);
      lost += 1;
      onward.destroy();
      return socket.destroy();
    });
    socket.on('close', () => onward.destroy());
    for (const side of [socket, onward]) side.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  return { url: `http://127.0.0.1:${address.port}`, lost: () => lost };
}

/** Time passes on it only where somebody waits. */
function countingClock(): { clock: Clock; waits: number[] } {
  const waits: number[] = [];
  const total = () => waits.reduce((sum, ms) => sum + ms, 0);
  return { waits, clock: { ...systemClock, monotonicMs: total, wait: async (ms) => void waits.push(ms) } };
}

it('an upgrade whose answer gets lost is asked for again, and is one', async () => {
  const { port, fleet } = await serve();
  const { url, lost } = await loseAnswers(port, 2);
  const client = createClient({ url, token, clock: countingClock().clock, random: Math.random });
  const { id } = await client.upgrade('testsite', { version: 'v0.4.0' }, 'key');
  expect(lost()).toBe(2);
  expect((await fleet.listUpgrades({ limit: 10 })).items.map((upgrade) => upgrade.id)).toEqual([id]);
});

it('after ten seconds without an answer the error says that the request may have been accepted', async () => {
  const { port, fleet } = await serve();
  const { url } = await loseAnswers(port, Number.POSITIVE_INFINITY);
  const { clock, waits } = countingClock();
  const asked = createClient({ url, token, clock, random: () => 1 }).upgrade('testsite', {}, 'key');
  await expect(asked).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('the controller may have accepted the request'),
    hint: expect.stringContaining('drover upgrades'),
  });
  expect(waits).toEqual([250, 500, 1000, 2000, 2000, 2000, 2000, 2000]);
  expect((await fleet.listUpgrades({ limit: 10 })).items).toHaveLength(1);
});

it('one without a key is not asked for again', async () => {
  const { port } = await serve();
  const { url, lost } = await loseAnswers(port, 1);
  const client = createClient({ url, token, clock: countingClock().clock, random: Math.random });
  await expect(client.upgrade('testsite', {})).rejects.toMatchObject({ code: 'unreachable' });
  expect(lost()).toBe(1);
});

it('what the controller says of a host is an answer, and is not asked for again', async () => {
  const { url, fleet } = await serve();
  fleet.refusal = new AppError('unreachable', 'the host has not answered within 30 s', { hint: 'wait' });
  const { clock, waits } = countingClock();
  await expect(
    createClient({ url, token, clock, random: Math.random }).rollback('testsite', {}, 'key'),
  ).rejects.toMatchObject({
    message: 'the host has not answered within 30 s',
    hint: 'wait',
  });
  expect(waits).toEqual([]);
});

it('a controller that is not there is said at once', async () => {
  const { url, close } = await serve();
  await close();
  const { clock, waits } = countingClock();
  await expect(
    createClient({ url, token, clock, random: Math.random }).upgrade('testsite', {}, 'key'),
  ).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/connection refused/),
  });
  expect(waits).toEqual([]);
});
