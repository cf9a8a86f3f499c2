// Webhooks of the built programs: made and looked at with `drover`, delivered over TLS, and again after a kill.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished, vi } from 'vitest';
import { makeAuthority } from '../../helpers/certificates.js';
import { makeControllerPlace, type ControllerPlace } from '../../helpers/controller/controller_process.js';
import { openReceiver } from '../../helpers/controller/webhook_receiver.js';

const program = path.join(import.meta.dirname, '../../../dist/controller/cli/main.js');

async function drover(place: ControllerPlace, ...words: string[]): Promise<string> {
  const env = { ...process.env, DROVER_URL: place.url, DROVER_TOKEN: place.readToken() };
  const child = spawn(process.execPath, [program, 'webhooks', ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`exit ${child.exitCode}: ${stderr}`);
  return stdout;
}

it('are delivered at least once, also where the controller is killed between sending and noting', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover_hooks_'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const authority = makeAuthority(folder);
  const issued = authority.issue('receiver', { alias: 'DNS:localhost' });
  const tls = { cert: readFileSync(issued.cert_file), key: readFileSync(issued.key_file) };
  vi.stubEnv('NODE_EXTRA_CA_CERTS', authority.caFile);
  onTestFinished(() => void vi.unstubAllEnvs());
  const place = await makeControllerPlace({ webhooks: { allow: ['127.0.0.0/8', '::1'] } });
  onTestFinished(() => place.remove());
  const first = await place.start();
  onTestFinished(() => first.end('SIGKILL'));

  let isAnswered = false;
  const receiver = await openReceiver((response) => isAnswered && response.writeHead(200).end(), { tls });
  // The certificate is for the name, and the address is what is dialled.
  await drover(place, 'create', 'other', `https://127.0.0.1:${receiver.port}/`, '--events', 'host.offline');
  const secret = (await drover(place, 'create', 'chat', `https://localhost:${receiver.port}/in`)).trim();
  await drover(place, 'test', 'chat', '--reason', 'a first try');
  const [sent] = await receiver.waitFor(1);
  await first.end('SIGKILL');
  expect(receiver.received).toHaveLength(1);

  isAnswered = true;
  const second = await place.start();
  onTestFinished(() => second.end('SIGKILL'));
  const [, again] = await receiver.waitFor(2);
  expect(again?.id).toBe(sent?.id);
  for (const { body, headers } of receiver.received) {
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'webhook.test', sequence: 1 });
  }
  await drover(place, 'redeliver', 'chat', '1');
  const [, , third] = await receiver.waitFor(3);
  expect(third?.id).toBe(sent?.id);

  await drover(place, 'test', 'other');
  // Its end is noted after the receiver has answered.
  const readLog = async (name: string) => JSON.parse(await drover(place, 'deliveries', name, '--json')).deliveries;
  await vi.waitFor(
    async () => expect(await readLog('chat')).toMatchObject([{ state: 'delivered', status: 200 }]),
    10_000,
  );
  const wrongName = { state: 'waiting', error: 'its certificate is for another name (DNS:localhost)' };
  await vi.waitFor(async () => expect(await readLog('other')).toMatchObject([wrongName]), 10_000);
  expect(await drover(place, 'list')).toMatch(
    /^NAME .*\nchat .*\nother .*\n\nother: its certificate is for another name \(DNS:localhost\)\n$/,
  );
  await drover(place, 'remove', 'other');
  expect(JSON.parse(await drover(place, 'list', '--json')).webhooks).toMatchObject([{ name: 'chat' }]);
});
