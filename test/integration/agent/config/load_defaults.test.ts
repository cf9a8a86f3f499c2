// Tenant files over the defaults of agent.yaml, and what is told of mistakes in either.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentUser } from '../../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../../agent/config/load.js';
import { makeHost, type Host } from './make_host.js';

let host: Host;
beforeEach(async () => {
  host = await makeHost();
});
afterEach(() => host.remove());

const load = async () => loadTenants(await loadAgentConfig(host.agentFile), currentUser());

/** What is said of one tenant file with that text. */
async function complaintOf(text: string): Promise<string> {
  await host.write('tenants.d/a.yaml', text);
  const { tenants, problems } = await load();
  expect(tenants.size).toBe(0);
  expect(problems).toHaveLength(1);
  return problems[0]?.error.message ?? '';
}

describe('a tenant file', () => {
  test('fills in the defaults of agent.yaml, key by key', async () => {
    await host.write(
      'agent.yaml',
      'tenant_defaults:\n  labels: { region: eu, ring: main }\n  grace: 3s\n  health: { command: [check] }\n',
    );
    const text = host.tenantText().replace('health: none\n', 'labels: { ring: canary }\n');
    await host.write('tenants.d/a.yaml', text);
    const { tenants } = await load();
    expect(tenants.get('testsite')).toMatchObject({ grace: 3000, health: { command: ['check'], timeout: 60_000 } });
    expect(tenants.get('testsite')?.labels).toEqual({ region: 'eu', ring: 'canary' });
  });

  test('takes a file of one line, and an empty one, where the defaults say the rest', async () => {
    const defaults = host
      .tenantText()
      .replace(/^slug: .*\n/, '')
      .replaceAll(host.appDir, `${host.folder}/{slug}`)
      .replace(
        'health: none',
        'health: { url: "http://127.0.0.1:{port}/{slug}" }\nlabels: { on: "{host}" }\nvars: { port: 80 }',
      );
    await host.write('agent.yaml', `host: h1\ntenant_defaults:\n${defaults.replaceAll(/^(?=.)/gm, '  ')}`);
    for (const slug of ['alpha', 'beta', 'gamma']) host.tenantText(slug);
    await host.write('tenants.d/alpha.yaml', 'vars: { port: 8017 }\n');
    await host.write('tenants.d/beta.yaml', '');
    await host.write('tenants.d/gamma.yaml', '# nothing of its own\n');
    const { tenants, problems } = await load();
    expect(problems).toEqual([]);
    expect([...tenants].map(([slug, { health, labels }]) => [slug, health, labels])).toMatchObject([
      ['alpha', { url: 'http://127.0.0.1:8017/alpha' }, { on: 'h1' }],
      ['beta', { url: 'http://127.0.0.1:80/beta' }, { on: 'h1' }],
      ['gamma', { url: 'http://127.0.0.1:80/gamma' }, { on: 'h1' }],
    ]);
  });

  test('names the line of agent.yaml for a mistake in a default, which may show only once it is filled in', async () => {
    await host.write(
      'agent.yaml',
      'host: h1\ntenant_defaults:\n  data_dir: "{folder}"\n  health: { url: "x{prot}" }\n',
    );
    const text = host
      .tenantText()
      .replace(/data_dir.*\n/, '')
      .replace('health: none\n', 'vars: { folder: relative }\n');
    expect((await complaintOf(text)).split('\n').toSorted()).toEqual([
      `${host.agentFile}:3: data_dir: must be an absolute path without . or .., not "relative"`,
      expect.stringContaining(
        `${host.agentFile}:4: health.url: {prot} is not known; there are {slug}, {host}, {folder}`,
      ),
    ]);
  });

  test('tells all mistakes of a file at once, of its keys and of what they name', async () => {
    const text = host
      .tenantText()
      .replace('user: nobody', 'user: nosuchuser')
      .replace('health: none', 'health: ok\ncolour: red')
      .replace('trust: any-tag', 'trust: { signed_by: /nowhere/signers }')
      .replace('database: none', 'database: { backup: { user: root, run: [/nowhere/dump] }, restore: [a] }');
    const complaint = await complaintOf(`${text}environment_file: /nowhere/env\n`);
    for (const part of [
      ':4: user: user nosuchuser does not exist',
      ':6: trust.signed_by: /nowhere/signers: does not exist',
      ':8: database.backup.run[0]: /nowhere/dump: does not exist',
      ':8: database.backup_dir: is missing; backups that root writes need a folder',
      ':11: health: must be none, or ',
      ':12: colour: unknown key',
      ':13: environment_file: /nowhere/env: does not exist',
    ]) {
      expect(complaint).toContain(part);
    }
  });

  test('says to put a name in braces in quotes', async () => {
    expect(await complaintOf(host.tenantText().replace('user: nobody', 'user: {slug}'))).toContain(
      'a.yaml:4: user: must be text: put it in quotes, "{slug}"',
    );
  });
});
