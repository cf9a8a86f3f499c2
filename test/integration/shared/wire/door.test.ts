// The door of a server on real sockets: whom it turns away when too many wait.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDoor, type Door } from '../../../../shared/wire/door.js';
import { systemClock } from '../../../../shared/os/clock.js';

let door: Door;
let server: http.Server;
let port: number;
const clients = new Set<net.Socket>();

/** A peer that waits at the door. */
async function come(): Promise<{ there: net.Socket; isGone: Promise<unknown> }> {
  const accepted = once(server, 'connection');
  const client = net.connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  clients.add(client);
  const isGone = once(client, 'close');
  client.resume();
  const [there]: net.Socket[] = await accepted;
  if (there === undefined) throw new Error('nobody came');
  return { there, isGone };
}

beforeEach(async () => {
  door = createDoor({ waitingMs: 60_000, waiting: 2, waitingOfAddress: 2 }, () => systemClock.monotonicMs());
  server = http.createServer();
  door.guard(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterEach(async () => {
  door.close();
  for (const client of clients) client.destroy();
  clients.clear();
  await new Promise((resolve) => server.close(resolve));
});

describe('a door at which too many wait', () => {
  it('turns the oldest away that has not said who it is', async () => {
    const [first, second] = [await come(), await come()];
    door.hear(first.there);
    const third = await come();
    await second.isGone;
    expect([first.there.destroyed, third.there.destroyed]).toEqual([false, false]);
  });

  it('turns the newest away where all others are heard and not judged yet', async () => {
    const [first, second] = [await come(), await come()];
    for (const { there } of [first, second]) door.hear(there);
    await (await come()).isGone;
    expect([first.there.destroyed, second.there.destroyed, door.waiting()]).toEqual([false, false, 2]);
  });

  it('turns who was judged and refused away before others', async () => {
    const [first, second] = [await come(), await come()];
    for (const { there } of [first, second]) door.hear(there);
    door.dismiss(first.there);
    await come();
    await first.isGone;
    expect(second.there.destroyed).toBe(false);
  });
});
