// The door of a server on real sockets: whom it turns away when too many wait.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDoor, type Door } from '../../../../shared/wire/door.js';

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

const turnMs = 3000;
let nowMs: number;

/** The turn of those who are there is over. */
function passTurn(): void {
  nowMs += turnMs;
}

beforeEach(async () => {
  nowMs = 0;
  door = createDoor({ waitingMs: 60_000, waiting: 2, turnMs, waitingOfAddress: 2 }, () => nowMs);
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
  it('lets those who are in have their turn, and turns the newest away', async () => {
    const [first, second] = [await come(), await come()];
    nowMs += turnMs - 1;
    await (await come()).isGone;
    expect([first.there.destroyed, second.there.destroyed, door.waiting()]).toEqual([false, false, 2]);
  });

  it('turns the oldest away that has not said in its turn who it is', async () => {
    const [first, second] = [await come(), await come()];
    door.hear(first.there);
    passTurn();
    const third = await come();
    await second.isGone;
    expect([first.there.destroyed, third.there.destroyed]).toEqual([false, false]);
  });

  it('turns the newest away where all others are heard and not judged yet', async () => {
    const [first, second] = [await come(), await come()];
    for (const { there } of [first, second]) door.hear(there);
    passTurn();
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
