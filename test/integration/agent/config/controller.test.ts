// The key `controller` of agent.yaml.
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadAgentConfig } from '../../../../agent/config/load.js';
import { makeHost } from './make_host.js';

async function withUrl(url: string, more = '') {
  const host = await makeHost();
  onTestFinished(() => host.remove());
  await host.write('password', 's');
  await host.write('agent.yaml', `host: h1\ncontroller:\n  url: ${url}\n${more.replace('FOLDER', host.folder)}\n`);
  return loadAgentConfig(host.agentFile);
}

const withProxy = (text: string) => withUrl('wss://d.example.com', `  proxy: ${text}`);

describe('the key controller', () => {
  test.each(['wss://drover.example.com', 'ws://127.0.0.1:8080', 'ws://localhost:8080/', 'ws://[::1]:8080'])(
    'takes %s',
    async (url) => {
      expect((await withUrl(url)).controller).toMatchObject({ url: url.replace(/\/$/, ''), insecure: false });
    },
  );

  test.each([
    ['https://drover.example.com', 'must be a URL such as wss://drover.example.com'],
    ['drover.example.com', 'must be a URL such as wss://drover.example.com'],
    ['wss://me:secret@drover.example.com', 'without user, query or fragment'],
    ['ws://drover.example.com', 'must begin with wss:// to another machine (insecure: true allows it without TLS)'],
    ['ws://127.0.0.1.example.com', 'must begin with wss:// to another machine'],
  ])('refuses %s, with file, line and key', async (url, complaint) => {
    await expect(withUrl(url)).rejects.toThrow(complaint);
    await expect(withUrl(url)).rejects.toThrow(/agent\.yaml:3: controller\.url: /);
  });

  test('takes a URL without TLS where that is asked for in so many words', async () => {
    expect((await withUrl('ws://drover.example.com', '  insecure: true')).controller?.insecure).toBe(true);
  });

  test('takes a proxy as its URL, and one that wants a password with the file of that', async () => {
    const url = 'http://proxy.example.com:3128';
    expect((await withProxy(url)).controller?.proxy).toEqual({ url });
    const login = await withProxy(`{ url: "${url}", username: drover, password_file: FOLDER/password }`);
    expect(login.controller?.proxy).toMatchObject({ url, username: 'drover' });
    for (const [text, complaint] of [
      [
        'http://me:secret@proxy.example.com:3128',
        /agent\.yaml:4: controller\.proxy.*a password the content of `password_file`/,
      ],
      [`{ url: "${url}", password: secret }`, /controller\.proxy\.password: unknown key/],
      [`{ url: "${url}", username: drover }`, /agent\.yaml:4: controller\.proxy: needs both/],
      [
        `{ url: "${url}", username: "a:b", password_file: FOLDER/password }`,
        /username: must be a name without a colon/,
      ],
      [`{ url: "${url}", username: drover, password_file: FOLDER/missing }`, /password_file: .*missing/],
    ] as const) {
      await expect(withProxy(text)).rejects.toThrow(complaint);
    }
  });

  test('refuses the secret that all agents had in common, and names what a host does now', async () => {
    await expect(withUrl('wss://d.example.com', '  secret_file: /etc/drover/secret')).rejects.toMatchObject({
      message: expect.stringMatching(/agent\.yaml:4: controller\.secret_file: .*each host has a key of its own/),
      hint: expect.stringContaining('drover-agent enroll'),
    });
  });
});
