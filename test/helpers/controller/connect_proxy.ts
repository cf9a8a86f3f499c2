// A real HTTP proxy for tests: it opens tunnels (CONNECT), or refuses them.
import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectProxy {
  /** As agent.yaml names it. */
  url: string;
  /** Host and port of each tunnel that was asked for. */
  asked: string[];
  /** Cuts all tunnels. From now on they lead to this port of the machine, whatever is asked for; null: to what is asked for. */
  divert(port: number | null): void;
  close(): void;
}

export interface ConnectProxyOptions {
  /** Answers each CONNECT with this status. */
  refusal?: number;
  /** `user:password`, without which it answers 407. */
  login?: string;
}

/** Opens tunnels. */
export async function startConnectProxy({ refusal, login }: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const tunnels = new Set<Duplex>();
  let diverted: number | null = null;
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const server = http.createServer();
  server.on('connect', ({ url = '', headers }, client) => {
    asked.push(url);
    client.on('error', () => undefined);
    const status = refusal ?? (wanted === undefined || headers['proxy-authorization'] === wanted ? 200 : 407);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${url}`);
    const target = connect(diverted ?? Number(port), diverted === null ? hostname : '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    tunnels.add(client);
    target.on('error', () => client.destroy());
    client.on('close', () => {
      tunnels.delete(client);
      target.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    divert(to) {
      diverted = to;
      for (const tunnel of tunnels) tunnel.destroy();
    },
    close: () => void server.close(),
  };
}
