// What the built `drover` says of a controller that it cannot reach, or that it can: by `context use`, with real sockets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeAuthority } from '../../../helpers/certificates.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';

const program = path.join(import.meta.dirname, '../../../../dist/controller/cli/main.js');

let home: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'drover_tls_'));
  const authority = makeAuthority(home);
  authority.issue('good');
  authority.issue('old', { days: -1 });
  authority.issue('other', { alias: 'DNS:other.example' });
});
afterAll(() => rmSync(home, { recursive: true }));

/** Chooses the context of this URL; `ca` names the test's authority to the program. */
async function use(url: string, { ca = true } = {}) {
  const file = path.join(home, 'drover/contexts.yaml');
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify({ current: null, contexts: { prod: { url, token } } }), { mode: 0o600 });
  const child = spawn(process.execPath, [program, 'context', 'use', 'prod'], {
    env: { PATH: '/usr/bin:/bin', XDG_CONFIG_HOME: home, ...(ca ? { NODE_EXTRA_CA_CERTS: `${home}/ca.crt` } : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout, stderr };
}

const unreachable = (url: string, why: string, hint: string) => ({
  exitCode: 3,
  stdout: '',
  stderr: [
    'prod is now the current context, but it does not work yet.',
    `drover: the controller at ${url} cannot be reached: ${why}`,
    `  ${hint}`,
    '',
  ].join('\n'),
});

/** Listens for the time of `act`. */
async function listening<T>(server: net.Server, act: (port: number) => Promise<T>): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    return await act(typeof address === 'object' ? (address?.port ?? 0) : 0);
  } finally {
    server.close();
  }
}

const tlsServer = (name: string, location?: string) => {
  const [key, cert] = ['key', 'crt'].map((end) => readFileSync(path.join(home, `${name}.${end}`)));
  return https.createServer({ key, cert }, (_request, response) => {
    response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location }).end('{}');
  });
};

it('connects to the chosen controller, and says its version', async () => {
  const { url } = await serve();
  expect(await use(url)).toEqual({
    exitCode: 0,
    stdout: 'Connected to prod (1.2.3); now the current context\n',
    stderr: '',
  });
});

it('says which of HTTP and TLS the port speaks', async () => {
  const { url } = await serve();
  const secure = url.replace('http:', 'https:');
  expect(await use(secure)).toEqual(
    unreachable(secure, 'that port speaks plain HTTP, not TLS', `Use http:// where it is meant so: ${url}`),
  );
  await listening(tlsServer('good'), async (port) => {
    expect(await use(`http://127.0.0.1:${port}`)).toEqual(
      unreachable(`http://127.0.0.1:${port}`, 'that port speaks TLS', `Use https://: https://127.0.0.1:${port}`),
    );
  });
  await listening(
    net.createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n')),
    async (port) => {
      expect(await use(`http://127.0.0.1:${port}`)).toEqual(
        unreachable(`http://127.0.0.1:${port}`, 'that port does not speak HTTP', 'Check the URL, above all its port.'),
      );
    },
  );
});

it.each([
  { name: 'old', why: 'its certificate has expired', hint: /Renew the certificate/ },
  { name: 'other', why: 'its certificate is for another name (DNS:other.example)', hint: /Use a name in the URL/ },
  {
    name: 'good',
    ca: false,
    why: 'its certificate is from a CA that this host does not',
    hint: /NODE_EXTRA_CA_CERTS=/,
  },
])('says what is wrong with a certificate: $why', async ({ name, why, hint, ca = true }) => {
  await listening(tlsServer(name), async (port) => {
    const { exitCode, stderr } = await use(`https://127.0.0.1:${port}`, { ca });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`drover: the controller at https://127.0.0.1:${port} cannot be reached: ${why}`);
    expect(stderr).toMatch(hint);
  });
});

it('names where it is redirected to, and sends no token there', async () => {
  await listening(tlsServer('good', 'https://other.example/'), async (port) => {
    const { exitCode, stderr } = await use(`https://127.0.0.1:${port}`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`drover: https://127.0.0.1:${port} redirects to https://other.example/\n`);
  });
});

it('says of a port on which nothing listens, and of one of another protocol, what it is', async () => {
  const { url, close } = await serve();
  await close();
  expect(await use(url)).toEqual(
    unreachable(url, 'connection refused: nothing listens there', 'Is it running, and is this its URL?'),
  );
  expect((await use('http://127.0.0.1:22')).stderr).toContain('its port is that of another protocol');
});
