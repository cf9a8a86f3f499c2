// Finds a free port, below the range that the kernel uses for outgoing connections.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1. No outgoing connection takes it, so a service can stop and start on it. */
export async function findFreePort(choose = () => randomInt(15_000, 32_000)): Promise<number> {
  for (;;) {
    const port = choose();
    const server = createServer().listen(port, '127.0.0.1');
    // `once` rejects at the event `error`.
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
