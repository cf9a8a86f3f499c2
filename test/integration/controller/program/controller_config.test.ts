// What controller.yaml says of the address: where the controller may listen, and what others dial.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadControllerConfig } from '../../../../controller/program/controller_config.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover_config_'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const file = path.join(folder, 'controller.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  return loadControllerConfig(file);
}

const tls = 'tls: { cert_file: /etc/drover/tls.pem, key_file: /etc/drover/tls-key.pem }';

describe('an address that is not loopback', () => {
  it.each(['0.0.0.0:7400', '[::]:7400', '10.0.0.1:7400', 'drover.example.com:7400'])('%s needs TLS', async (listen) => {
    await expect(load(`listen: "${listen}"`)).rejects.toMatchObject({
      message: `${path.join(folder, 'controller.yaml')}:1: listen: ${listen} is not loopback, and there is no TLS`,
      hint: expect.stringMatching(/set `tls`.* or set `insecure: true`/),
    });
    const url = 'url: https://drover.example.com';
    await expect(load(`listen: "${listen}"\n${url}\n${tls}`)).resolves.toMatchObject({ port: 7400 });
    await expect(load(`listen: "${listen}"\n${url}\ninsecure: true`)).resolves.toMatchObject({ port: 7400 });
  });
});

describe('what others dial', () => {
  it('is where it listens, with the scheme that it speaks, unless `url` says another', async () => {
    expect(await load('{}')).toMatchObject({ url: 'http://127.0.0.1:7400' });
    expect(await load(`listen: "[::1]:7400"\n${tls}`)).toMatchObject({ url: 'https://[::1]:7400' });
    expect(await load('url: https://drover.example.com/')).toMatchObject({ url: 'https://drover.example.com' });
  });

  it.each(['drover.example.com', 'ws://drover.example.com', 'https://a:b@c', 'https://c/path', 'https://c/?a', 'x'])(
    'is not %s',
    async (url) => {
      await expect(load(`url: ${url}`)).rejects.toThrow('must be a plain URL such as https://drover.example.com');
    },
  );
});

describe('how long a host is away before it is offline', () => {
  it('is a minute, or from a second to a day', async () => {
    expect(await load('{}')).toMatchObject({ webhooks: { offline_after: 60_000 } });
    expect(await load('webhooks: { offline_after: 1s }')).toMatchObject({ webhooks: { offline_after: 1000 } });
    expect(await load('webhooks: { offline_after: 1d }')).toMatchObject({ webhooks: { offline_after: 86_400_000 } });
  });

  it.each(['999ms', '25h'])('is not %s', async (given) => {
    await expect(load(`webhooks: { offline_after: ${given} }`)).rejects.toThrow('offline_after: must be from 1s to 1d');
  });
});

describe('a trusted proxy', () => {
  it('is an address or a network', async () => {
    expect(await load('{}')).toMatchObject({ trusted_proxies: [] });
    const proxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];
    expect(await load(`trusted_proxies: ${JSON.stringify(proxies)}`)).toMatchObject({ trusted_proxies: proxies });
  });

  it.each(['proxy.example.com', '10.0.0.0/33', '10'])('is not %s', async (proxy) => {
    const message = 'trusted_proxies[0]: must be an address or a network, such as 127.0.0.1 or 10.0.0.0/8';
    await expect(load(`trusted_proxies: ["${proxy}"]`)).rejects.toThrow(message);
  });
});
