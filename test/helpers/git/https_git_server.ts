// A git server over https: git's own CGI program behind TLS, with a token.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { makeAuthority } from '../certificates.js';

export interface HttpsGitServer {
  /** Of the repository `name` in the served folder. */
  urlOf(name: string): string;
  /** The certificate of the CA that signed the server's. */
  caFile: string;
  close(): Promise<void>;
}

/** Serves the repositories in `folder` to clients with the token; creates certificates in the caller's folder `keys`. */
export async function serveHttps(options: { folder: string; keys: string; token: string }): Promise<HttpsGitServer> {
  const { folder, keys, token } = options;
  const authority = makeAuthority(keys);
  const { cert_file: certFile, key_file: keyFile } = authority.issue('server');
  const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  const server = createServer(tls, (request, response) => {
    if (request.headers.authorization === expected) answer(folder, request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    urlOf: (name) => `https://127.0.0.1:${address.port}/${name}`,
    caFile: authority.caFile,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** One request of the smart protocol (RFC 3875: headers in variables, the answer's on standard output). */
function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'https://127.0.0.1');
  const { headers } = request;
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // It may end before it has read everything.
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.once('close', () => {
    const whole = Buffer.concat(chunks);
    const end = whole.indexOf('\r\n\r\n');
    const lines = whole.subarray(0, end).toString().split('\r\n');
    const status = lines.find((line) => line.startsWith('Status: '))?.slice('Status: '.length) ?? '200';
    for (const line of lines) response.setHeader(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2));
    response.writeHead(Number.parseInt(status, 10)).end(whole.subarray(end + 4));
  });
}
