// `drover tenants move`, `label`, `forget`, and the versions that `drover history` shows.
import { describe, expect, it } from 'vitest';
import { useOperator } from './drover.js';

describe('drover history', () => {
  it('shows the versions that were reported, also those that no upgrade has made', async () => {
    const { drover } = await useOperator();
    const { stdout } = await drover('history', 'testsite');
    expect(stdout).toContain('No upgrade of testsite has begun yet.\n\nSINCE ');
    expect(stdout).toMatch(/\n2025-12-16 10:15:00 {2}v0\.1\.0 \(detected\) {2}111111111111 {2}h1\n$/);
    const versions = [{ version: 'v0.1.0', host: 'h1', detected: true }];
    expect(JSON.parse((await drover('history', 'testsite', '--json')).stdout)).toMatchObject({ versions });
  });
});

describe('drover tenants', () => {
  it('moves, labels and forgets a tenant', async () => {
    const { drover, fleet } = await useOperator();
    expect((await drover('tenants', 'move', 'testsite', 'h2')).stdout).toContain('testsite belongs to h2, which does');
    const labelled = await drover('tenants', 'label', 'testsite', 'ring=canary', 'a=b=c', 'old=', '--reason', 'asked');
    expect(labelled).toMatchObject({ exitCode: 0, stdout: 'testsite: ring=canary, a=b=c\n' });
    expect(JSON.parse((await drover('tenants', 'forget', 'testsite', '--json')).stdout)).toEqual({ slug: 'testsite' });
    expect(fleet.asked).toEqual([
      'move testsite h2',
      'label testsite {"set":{"ring":"canary","a":"b=c"},"remove":["old"]}',
      'forget testsite',
    ]);
  });

  it.each([
    [['label', 'testsite', 'ring'], '"ring" is no label: one such as ring=canary is meant'],
    [['label', 'testsite', 'slug=x'], 'must not be slug, host, version, state, drift'],
    [['label', 'testsite'], 'label'],
    [['move', 'testsite', 'no host'], 'is no name of a host'],
    [['forget', 'nobody'], 'there is no tenant nobody'],
  ])('refuses %j', async (words, said) => {
    const { drover } = await useOperator();
    expect(await drover('tenants', ...words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(said) });
  });

  it('shows one that its host does not report, and ends `status` with 1', async () => {
    const { drover, fleet } = await useOperator();
    const tenant = await fleet.findTenant('testsite');
    const problems = [{ message: 'h1 does not report it', hint: 'Put its tenant file back on h1' }];
    fleet.listTenants = async () => ({ items: [{ ...tenant, state: 'missing', problems }], next: null });
    expect((await drover('tenants')).stdout).toMatch(
      / missing {2}ring=canary\n\ntestsite on h1\n {2}h1 does not report it\n/,
    );
    expect((await drover('status')).exitCode).toBe(1);
  });
});
