// The built controller with TLS: what it refuses at its start, and what it does when the files change under it.
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { makeAuthority, type Authority, type IssuedFiles } from '../../helpers/certificates.js';
import { makeControllerPlace } from '../../helpers/controller/controller_process.js';

let folder: string;
let authority: Authority;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover_tls_'));
  authority = makeAuthority(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of a controller's own, with the content of these. */
function install(name: string, from: IssuedFiles): IssuedFiles {
  const files = { cert_file: path.join(folder, `${name}.pem`), key_file: path.join(folder, `${name}-key.pem`) };
  copyFileSync(from.cert_file, files.cert_file);
  writeFileSync(files.key_file, readFileSync(from.key_file), { mode: 0o600 });
  return files;
}

/** The serial number of the certificate that a new connection gets. */
async function seeSerial(url: string): Promise<string> {
  const socket = tls.connect({
    port: Number(new URL(url).port),
    host: '127.0.0.1',
    ca: readFileSync(authority.caFile),
  });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

function ask(url: string, { agent, token }: { agent?: https.Agent; token?: string } = {}): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const ca = readFileSync(authority.caFile);
    https
      .get(url, { ca, headers, ...(agent === undefined ? {} : { agent }) }, (response) => resolve(text(response)))
      .on('error', reject);
  });
}

it.each([
  ['a certificate that is not there', 'cert_file', /cert_file: .*none\.pem: .*(does not exist|no such file)/],
  ['the key of another certificate', 'key_file', /key_file: .*is not the key of the certificate in .*\.pem/],
  ['a certificate that has expired', 'expired', /tls\.cert_file: .*the certificate expired at \d{4}/],
  ['a key that everyone can read', 'open', /tls\.key_file: .*can be read by everyone/],
  ['a file that is no certificate', 'text', /tls\.cert_file: .*holds no certificate in PEM/],
])('refuses %s by file and key', async (_what, kind, says) => {
  const files = install(`refused-${kind}`, authority.issue(`refused-${kind}`, { days: kind === 'expired' ? -1 : 2 }));
  const { cert_file: certFile, key_file: keyFile } = files;
  if (kind === 'cert_file') files.cert_file = path.join(folder, 'none.pem');
  if (kind === 'key_file') copyFileSync(authority.issue('foreign').key_file, keyFile);
  if (kind === 'open') chmodSync(keyFile, 0o644);
  if (kind === 'text') writeFileSync(certFile, 'hello\n');
  const place = await makeControllerPlace({ tls: files });
  onTestFinished(() => place.remove());
  await expect(place.start()).rejects.toThrow(says);
});

it('takes a changed certificate for new connections, and keeps the connections that it has', async () => {
  const files = install('changing', authority.issue('first'));
  const place = await makeControllerPlace({ tls: files });
  onTestFinished(() => place.remove());
  const controller = await place.start();
  onTestFinished(() => controller.end('SIGKILL'));
  const first = await seeSerial(place.url);

  // A request over a connection of before, with a token, so that it is kept open.
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(authority.caFile) });
  const token = place.readToken();
  const connections: unknown[] = [];
  agent.on('free', (socket) => connections.push(socket));
  const hosts = `${place.url}/api/v1/hosts`;
  expect(await ask(hosts, { agent, token })).toContain('"items"');

  // The key of the old certificate beside the new one: not taken.
  const next = authority.issue('second');
  copyFileSync(next.cert_file, files.cert_file);
  const said = await controller.waitFor('was not taken anew');
  expect(said).toMatch(/the last good one is kept: .*changing-key\.pem: is not the key of the certificate in/);
  expect(await seeSerial(place.url)).toBe(first);

  copyFileSync(next.key_file, files.key_file);
  await controller.waitFor('the certificate was taken anew');
  const second = await seeSerial(place.url);
  expect(second).not.toBe(first);
  expect(await ask(hosts, { agent, token })).toContain('"items"');
  expect(new Set(connections).size).toBe(1);
  agent.destroy();

  // One that has expired, and none: the last good one stays.
  const before = controller.log.length;
  const old = authority.issue('third', { days: -1 });
  copyFileSync(old.key_file, files.key_file);
  copyFileSync(old.cert_file, files.cert_file);
  await controller.waitFor('the certificate expired at', before);
  rmSync(files.cert_file);
  await controller.waitFor('is kept: ', before + 1);
  expect(await seeSerial(place.url)).toBe(second);
  expect(await ask(`${place.url}/healthz`)).toContain('"ok"');
});
