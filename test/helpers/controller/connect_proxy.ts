// A real HTTP proxy for tests: it opens tunnels (CONNECT), or refuses them.
import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';

export interface ConnectProxy {
  /** As agent.yaml names it. */
  url: string;
  /** Host and port of each tunnel that was asked for. */
  asked: string[];
  close(): void;
}

/** Opens tunnels, or answers each CONNECT with this status. */
export async function startConnectProxy(refusal?: number): Promise<ConnectProxy> {
  const asked: string[] = [];
  const server = http.createServer();
  server.on('connect', ({ url = '' }, client) => {
    asked.push(url);
    client.on('error', () => undefined);
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${url}`);
    const target = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => void server.close() };
}
