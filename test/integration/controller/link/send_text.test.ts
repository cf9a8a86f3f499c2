// Texts of every length and alphabet arrive as they were sent, in order, and not over a connection that is closing.
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createTextSender } from '../../../../controller/link/send_text.js';
import { createWebSocketServer, frameText, openWebSocket } from '../../../../shared/wire/websocket.js';

const server = createWebSocketServer({ port: 0, host: '127.0.0.1' });
afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

/** The two ends of a connection, what arrives at the client, and how the server sends. */
async function connect() {
  if (server.address() === null) await once(server, 'listening');
  const address = server.address();
  const accepted = new Promise<{ send: (text: string) => void; close: () => void }>((resolve) => {
    server.once('connection', (socket, { socket: stream }) =>
      resolve({ send: createTextSender(socket, stream), close: () => socket.close() }),
    );
  });
  const client = openWebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  const received: string[] = [];
  client.on('message', (data) => received.push(frameText(data)));
  client.on('ping', () => received.push('ping'));
  return { client, received, ...(await accepted) };
}

describe('a text sent to an agent', () => {
  it('arrives whole and in order, whatever its length and its letters, and not once the connection closes', async () => {
    const { client, received, send, close } = await connect();
    const lengths = [0, 1, 125, 126, 127, 255, 256, 257, 65_535, 65_536, 100_000];
    const texts = lengths.flatMap((length) => ['a', 'é', '\u20ac', '\u007f'].map((letter) => letter.repeat(length)));
    for (const text of texts) send(text);
    for (const socket of server.clients) socket.ping();
    send('b'.repeat(200));
    close();
    send('c'.repeat(200));
    await once(client, 'close');
    expect(received).toEqual([...texts, 'ping', 'b'.repeat(200)]);
  });
});
