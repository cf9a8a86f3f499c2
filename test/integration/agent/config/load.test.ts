import { chmod, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentUser } from '../../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../../agent/config/load.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
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

describe('loading agent.yaml', () => {
  test('completes it with defaults', async () => {
    await host.write('agent.yaml', 'max_concurrent: 3\n');
    expect(await loadAgentConfig(host.agentFile)).toMatchObject({
      file: host.agentFile,
      host: os.hostname(),
      state_dir: '/var/lib/drover',
      log_dir: '/var/log/drover',
      tenants_dir: path.join(host.folder, 'tenants.d'),
      max_concurrent: 3,
      log_level: 'info',
      keep: { journals: 90 * 86_400_000, upgrades: 20 },
    });
  });

  test('takes a relative path from the working directory', async () => {
    const config = await loadAgentConfig(path.relative(process.cwd(), host.agentFile));
    expect(config.file).toBe(host.agentFile);
    expect(config.tenants_dir).toBe(path.join(host.folder, 'tenants.d'));
  });

  test('names file, line and key of each problem', async () => {
    await host.write(
      'agent.yaml',
      'host: h1\nmax_concurent: 2\nkeep:\n  upgrades: many\ntenant_defaults:\n  slug: a\n  health: ok\n',
    );
    const error: unknown = await loadAgentConfig(host.agentFile).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config' });
    expect(String(error).replace('AppError: ', '').split('\n').toSorted()).toEqual([
      `${host.agentFile}:2: max_concurent: unknown key; did you mean max_concurrent?`,
      `${host.agentFile}:4: keep.upgrades: must be a whole number, not "many"`,
      `${host.agentFile}:6: tenant_defaults.slug: unknown key`,
      `${host.agentFile}:7: tenant_defaults.health: must be none, or a mapping with url, or a mapping with command, not "ok"`,
    ]);
  });

  test('refuses a state folder whose path is too long for a socket, by its line', async () => {
    const longest = `/${'x'.repeat(95)}`;
    await host.write('agent.yaml', `state_dir: ${longest}\n`);
    expect(Buffer.byteLength(stateFolder((await loadAgentConfig(host.agentFile)).state_dir).socket)).toBe(107);
    await host.write('agent.yaml', `host: h1\nstate_dir: ${longest}é\n`);
    await expect(loadAgentConfig(host.agentFile)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`${host.agentFile}:2: state_dir: must be at most 96 bytes long`),
    });
  });

  test('refuses a missing file', async () => {
    await rm(host.agentFile);
    await expect(loadAgentConfig(host.agentFile)).rejects.toMatchObject({
      code: 'config',
      message: `${host.agentFile}: does not exist`,
    });
  });

  test('refuses a file that others can write', async () => {
    await chmod(host.agentFile, 0o666);
    await expect(loadAgentConfig(host.agentFile)).rejects.toMatchObject({
      message: expect.stringContaining('mode 0666'),
      hint: `chmod g-w,o-w ${host.agentFile}`,
    });
  });
});

describe('loading tenants', () => {
  test('reads every YAML file of the folder and nothing else', async () => {
    await host.write('tenants.d/b.yaml', host.tenantText('beta'));
    await host.write('tenants.d/a.yml', host.tenantText('alpha'));
    await host.write('tenants.d/.a.yml.swp.yaml', 'broken');
    await host.write('tenants.d/notes.txt', 'broken');
    const { tenants, problems } = await load();
    expect(problems).toEqual([]);
    expect([...tenants.keys()]).toEqual(['alpha', 'beta']);
    expect(tenants.get('beta')?.app_dir.shown).toBe(path.join(host.folder, 'beta'));
    expect(tenants.get('beta')).toMatchObject({
      slug: 'beta',
      user: { name: 'nobody', uid: 65534 },
      log_dir: '/var/log/drover/beta',
    });
  });

  test('lets a tenant choose its log folder', async () => {
    await host.write('agent.yaml', 'log_dir: /srv/logs\n');
    await host.write('tenants.d/a.yaml', host.tenantText('alpha'));
    await host.write('tenants.d/b.yaml', `${host.tenantText('beta')}log_dir: /srv/beta-logs\n`);
    const { tenants } = await load();
    expect(tenants.get('alpha')?.log_dir).toBe('/srv/logs/alpha');
    expect(tenants.get('beta')?.log_dir).toBe('/srv/beta-logs');
  });

  test('reads the environment file', async () => {
    const file = await host.write('a.env', 'A=file\nB="from file"\n', 0o640);
    await host.write('tenants.d/a.yaml', `${host.tenantText()}environment_file: ${file}\nenvironment: { A: own }\n`);
    const { tenants } = await load();
    expect(tenants.get('testsite')?.environment).toEqual({ A: 'own', B: 'from file' });
  });

  test('goes on after a broken file', async () => {
    const broken = await host.write('tenants.d/a.yaml', host.tenantText('alpha').replace('user: nobody', 'user: [1]'));
    const notYaml = await host.write('tenants.d/b.yaml', 'slug: [');
    await host.write('tenants.d/c.yaml', host.tenantText('gamma'));
    const { tenants, problems } = await load();
    expect([...tenants.keys()]).toEqual(['gamma']);
    expect(problems).toMatchObject([
      {
        file: broken,
        slug: 'alpha',
        error: { code: 'config', message: `${broken}:4: user: must be text, not a list` },
      },
      { file: notYaml, slug: 'b', error: { code: 'config' } },
    ]);
  });

  test('refuses the second of two tenants with one slug, and names both files', async () => {
    const first = await host.write('tenants.d/a.yaml', host.tenantText());
    const second = await host.write('tenants.d/b.yaml', host.tenantText());
    const { tenants, problems } = await load();
    expect(tenants.size).toBe(1);
    expect(problems).toMatchObject([
      { file: second, slug: 'testsite', error: { message: `${second}:1: slug: testsite is the slug of ${first} too` } },
    ]);
  });

  test('lets a broken file keep its slug', async () => {
    await host.write('tenants.d/a.yaml', `${host.tenantText()}colour: red\n`);
    await host.write('tenants.d/b.yaml', host.tenantText());
    const { tenants, problems } = await load();
    expect(tenants.size).toBe(0);
    expect(problems).toHaveLength(2);
  });

  test('refuses a tenant file that others can write', async () => {
    const file = await host.write('tenants.d/a.yaml', host.tenantText(), 0o664);
    const { tenants, problems } = await load();
    expect(tenants.size).toBe(0);
    expect(problems).toMatchObject([
      { slug: 'a', error: { message: `${file}: can be written by its group (mode 0664)` } },
    ]);
  });

  test('warns of two users with one primary group, and not of two tenants of one user', async () => {
    await host.write('tenants.d/a.yaml', host.tenantText('a'));
    await host.write('tenants.d/b.yaml', host.tenantText('b'));
    expect((await load()).warnings).toEqual([]);
    await host.write('tenants.d/c.yaml', host.tenantText('c').replace('user: nobody', 'user: sync'));
    const { tenants, warnings } = await load();
    expect(tenants.size).toBe(3);
    expect(warnings).toEqual([expect.stringMatching(/^nobody \(b\), sync \(c\) have one primary group \(65534\)/)]);
  });

  test('refuses an account that does not exist', async () => {
    const text = host.tenantText().replace('user: nobody', 'user: no-such-account');
    expect(await complaintOf(text)).toMatch(/a\.yaml:4: user: user no-such-account does not exist$/);
  });

  test('refuses an app_dir that is not there', async () => {
    await rm(host.appDir, { recursive: true });
    expect(await complaintOf(host.tenantText())).toMatch(/a\.yaml:2: app_dir: \S+ is not an existing folder$/m);
  });

  test('refuses an app_dir that is not a work tree', async () => {
    await rm(path.join(host.appDir, '.git'), { recursive: true });
    expect(await complaintOf(host.tenantText())).toMatch(/a\.yaml:2: app_dir: \S+ is not a git work tree/);
  });

  test('refuses a data_dir that is not there', async () => {
    await rm(host.dataDir, { recursive: true });
    expect(await complaintOf(host.tenantText())).toMatch(/a\.yaml:3: data_dir: \S+ is not an existing folder$/);
  });

  test("refuses a path outside the tenant's folders", async () => {
    const text = host.tenantText().replace('database: none', 'database: { sqlite: ../../etc/shadow }');
    expect(await complaintOf(text)).toMatch(/a\.yaml:8: database\.sqlite: must be a path inside the tenant/);
  });

  test.each([
    ['repo_auth: { token_file: FILE }', 'repo_auth.token_file', 0o640],
    ['repo_auth: { token_file: AGENT, ca_file: FILE }', 'repo_auth.ca_file', 0o664],
    ['repo_auth: { ssh_key: FILE, known_hosts: /etc/passwd }', 'repo_auth.ssh_key', 0o644],
    ['repo_auth: { ssh_key: AGENT, known_hosts: FILE }', 'repo_auth.known_hosts', 0o664],
    ['environment_file: FILE', 'environment_file', 0o644],
  ])('refuses a file that is not fit for %s', async (line, key, mode) => {
    const file = await host.write('file', 'x', mode);
    const complaint = await complaintOf(
      `${host.tenantText()}${line.replace('FILE', file).replace('AGENT', host.agentFile)}\n`,
    );
    expect(complaint).toContain(`a.yaml:12: ${key}: `);
  });

  test('refuses a list of trusted signers that others can write', async () => {
    const file = await host.write('signers', 'x', 0o666);
    const complaint = await complaintOf(host.tenantText().replace('trust: any-tag', `trust: { signed_by: ${file} }`));
    expect(complaint).toContain(`a.yaml:6: trust.signed_by: ${file}: can be written`);
  });

  test('names agent.yaml for a value that came from the defaults', async () => {
    await host.write('agent.yaml', 'host: h1\ntenant_defaults:\n  user: no-such-account\n');
    const complaint = await complaintOf(host.tenantText().replace('user: nobody\n', ''));
    expect(complaint).toBe(`${host.agentFile}:3: user: user no-such-account does not exist`);
  });

  test('names line and file of a broken environment file', async () => {
    const file = await host.write('a.env', 'A=1\nnonsense\n');
    const complaint = await complaintOf(`${host.tenantText()}environment_file: ${file}\n`);
    expect(complaint).toContain(`environment_file: ${file}:2: must be NAME=value`);
  });

  test('says so when a tenant file is a link to nothing', async () => {
    await symlink('/nonexistent/a.yaml', path.join(host.folder, 'tenants.d/a.yaml'));
    await host.write('tenants.d/b.yaml', host.tenantText());
    const { tenants, problems } = await load();
    expect([...tenants.keys()]).toEqual(['testsite']);
    expect(problems).toMatchObject([{ slug: 'a', error: { code: 'config' } }]);
  });

  test('is content with an empty folder', async () => {
    expect(await load()).toMatchObject({ tenants: new Map(), problems: [] });
  });

  test('refuses a folder of tenants that is not there', async () => {
    await rm(path.join(host.folder, 'tenants.d'), { recursive: true });
    await expect(load()).rejects.toMatchObject({ code: 'config', message: expect.stringContaining('tenants_dir: ') });
  });
});
