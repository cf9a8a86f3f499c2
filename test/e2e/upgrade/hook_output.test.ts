// What hooks print on purpose or by mistake: secrets, terminal codes, bytes that are no text, and far too much.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hookScript, useHosts } from './hosts.js';

const secret = 'hunter2-and-more';
const print = String.raw`
echo "the key is $API_KEY, once more: $API_KEY"
printf 'red \033[31mtext\033]0;title\007 \377\376 end\n'
`;
const flood = `
head -c 1048576 /dev/zero | tr '\\0' x | fold -w 63; echo
echo the very last line
`;

const hosts = useHosts({
  releases: [
    { tag: 'v0.2.1', base: 'v0.2.0', files: { 'release/v0.2.1.sh': hookScript('post-pull', `${print}exit 3`) } },
    { tag: 'v0.2.2', base: 'v0.2.0', files: { 'release/v0.2.2.sh': hookScript('post-pull', flood) } },
  ],
});

test('a secret of the configuration is shown to nobody, and other bytes as what they are', async () => {
  const { PATH, DEMO_SQLITE } = hosts.template().tenant.env;
  const host = await hosts.open({ makeKeys: () => ({ environment: { PATH, DEMO_SQLITE, API_KEY: secret } }) });
  const { result, events, outputs } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({ status: 'rolled_back', failure: { step: 'hooks-post-pull', exit_code: 3 } });
  const tail = result.failure?.output_tail ?? '';
  const followed = [...outputs.values()].join('');
  // It tidies up before it goes.
  await host.stop();
  const logs = path.join(host.logFolder, 'testsite');
  const log = readdirSync(logs)
    .map((name) => readFileSync(path.join(logs, name), 'utf8'))
    .join('');
  for (const text of [tail, followed, log]) {
    expect(text).toContain('the key is [masked], once more: [masked]');
    expect(text).toMatch(/red .*text.* end/);
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(text).not.toMatch(/[\u0007\u001b]/);
  }
  expect(JSON.stringify([result, events, [...outputs]]) + log).not.toContain(secret);
});

test('output beyond its limit is left out with a mark, and the hook goes on to its end', async () => {
  const host = await hosts.open({ makeKeys: () => ({ output_limit: '64KiB' }) });
  const { result, outputs, seamless } = await host.upgrade({ version: 'v0.2.2' });
  expect(result).toMatchObject({
    status: 'success',
    hooks_executed: expect.arrayContaining(['post-pull: v0.2.2.sh - OK']),
  });
  const output = [...outputs].find(([key]) => key.includes('v0.2.2.sh'))?.[1] ?? '';
  expect(output.split('\n').filter((line) => !/^x*$/.test(line))).toEqual([
    expect.stringMatching(/^\[… \d+ bytes left out …\]$/),
    'the very last line',
  ]);
  // A follower may have read up to the limit before it was exceeded; half of it comes as the tail.
  expect(output.length).toBeLessThan(100 * 1024);
  expect(seamless).toBe(true);
});
