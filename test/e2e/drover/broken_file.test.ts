// A tenant whose file is broken now goes on with the last good one, and everything that is shown of it says so.
import { appendFileSync, writeFileSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { useFleet } from './fleet.js';

const open = useFleet();
const plain = (text: string) => text.replaceAll(/\s+/g, ' ');

test('plan, result, status and tenants warn of a broken file whose last good version is in use, until it is mended', async () => {
  const { host, drover } = await open();
  const file = host.tenant.configFile;
  const right = readFileSync(file, 'utf8');
  const line = right.split('\n').length;
  appendFileSync(file, 'colour: red\n');
  const mistake = `${file}:${line}: colour: unknown key`;
  const tenants = async () => (await drover('tenants').ended).stdout;
  await expect.poll(tenants, { timeout: 20_000, interval: 50 }).toContain(mistake);

  const warning = `${file} cannot be used now; its last good version is used, without later changes: ${mistake}`;
  const plan = await drover('plan', 'testsite', 'v0.2.0').ended;
  expect({ exitCode: plan.exitCode, stdout: plain(plan.stdout) }).toEqual({
    exitCode: 10,
    stdout: expect.stringContaining(warning),
  });
  const upgrade = await drover('upgrade', 'testsite', 'v0.2.0', '--json').ended;
  expect({ ...upgrade, stdout: JSON.parse(upgrade.stdout) as unknown }).toMatchObject({
    exitCode: 0,
    stdout: { status: 'success', warnings: [warning] },
  });
  expect(plain((await drover('status', 'testsite').ended).stdout)).toContain(mistake);
  expect(plain((await drover('status').ended).stdout)).toContain(mistake);

  writeFileSync(file, right);
  await expect.poll(tenants, { timeout: 20_000, interval: 50 }).not.toContain('colour');
  expect((await drover('plan', 'testsite', 'v0.3.0').ended).stdout).not.toContain('cannot be used now');
});
