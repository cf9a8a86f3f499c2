// Files that configuration names, where a tenant or another user has a hand in their path: none is read, none is written.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
} from '../../helpers/agent/agent_host.js';
import { connectClient } from '../../helpers/agent/upgrade_client.js';
import type { AgentProcess } from '../../helpers/agent/agent_process.js';

/** Plants a link to a file of root's at every name that the log of this upgrade can get. */
const plantLinks = `#!/bin/bash
cd "$(cat "$DATA_DIR/log-folder")" || exit 0
now=$(date +%s)
for seconds in {0..60}; do
  stamp=$(date --utc --date="@$((now - seconds))" +%Y%m%d_%H%M%S)
  ln -s "$(cat "$DATA_DIR/victim")" "$stamp"_"$DEPLOY_TAG"_"$DEPLOY_UPGRADE_ID".log.new
done
`;

let template: HostTemplate;
let host: AgentHost;
let agent: AgentProcess;
let folder: string;
const at = (name: string) => path.join(folder, name);
const nobody = 65534;
const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none', requirements: 'none' };

/** What the keys of tenants name: files and folders of root's, in a folder of root's, in one of the tenant's. */
const inTenants = (name: string) => at(`of-tenant/of-root/${name}`);
const named: Readonly<Record<string, () => object>> = {
  environment_file: () => ({ environment_file: inTenants('file') }),
  'repo_auth.token_file': () => ({ repo_auth: { token_file: inTenants('file') } }),
  'repo_auth.ca_file': () => ({ repo_auth: { token_file: at('secret'), ca_file: inTenants('file') } }),
  'repo_auth.ssh_key': () => ({ repo_auth: { ssh_key: inTenants('file'), known_hosts: at('secret') } }),
  'repo_auth.known_hosts': () => ({ repo_auth: { ssh_key: at('secret'), known_hosts: inTenants('file') } }),
  'trust.signed_by': () => ({ trust: { signed_by: inTenants('file') } }),
  log_dir: () => ({ log_dir: inTenants('log') }),
};
const odd: Readonly<Record<string, string>> = {
  'a FIFO': 'fifo',
  'a device': 'device',
  'a folder': 'of-root',
  'a link to nowhere': 'dangling',
  'the environment of the agent': 'environ',
  'too large': 'large',
};
const slugOf = (what: string) => what.toLowerCase().replaceAll(/[^a-z]+/g, '-');

beforeAll(async () => {
  template = await makeTemplate({ user: 'nobody' });
  await addReleaseOn(template.repository, { base: 'v0.1.0', tag: 'v0.1.1' }, { 'release/v0.1.1.sh': plantLinks });
  folder = mkdtempSync(path.join(tmpdir(), 'drover-paths-'));
  chmodSync(folder, 0o755);
  mkdirSync(at('of-tenant/of-root'), { recursive: true });
  chownSync(at('of-tenant'), nobody, nobody);
  for (const name of [inTenants('file'), at('secret')]) writeFileSync(name, 'A=1\n', { mode: 0o600 });
  mkdirSync(at('of-root'));
  execFileSync('mknod', [at('fifo'), 'p', '--mode=0600']);
  execFileSync('mknod', [at('device'), 'c', '1', '5', '--mode=0600']);
  symlinkSync('/nowhere', at('dangling'));
  symlinkSync('/proc/self/environ', at('environ'));
  writeFileSync(at('large'), `A=${'x'.repeat(64 * 1024)}\n`, { mode: 0o600 });
  host = await makeAgentHost(template, {
    hasService: false,
    makeKeys: () => ({ ...bare, log_dir: at('log/testsite') }),
  });
  const write = (slug: string, keys: object) =>
    writeYaml(path.join(path.dirname(host.tenant.configFile), `${slug}.yaml`), {
      ...host.tenant.keys,
      ...bare,
      slug,
      ...keys,
    });
  for (const [key, makeKeys] of Object.entries(named)) await write(slugOf(key), makeKeys());
  for (const [what, name] of Object.entries(odd)) await write(slugOf(what), { environment_file: at(name) });
  await write('repo-with-a-token', { repo: 'https://drover:glpat-of-nobody@git.example.com/a.git' });
  agent = await host.start();
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
  await template.remove();
});

/** What the running agent says of a tenant's file. */
async function complaintOf(slug: string): Promise<string> {
  const client = await connectClient(path.join(host.stateFolder, 'agent.sock'), slug);
  try {
    await client.plan();
    return 'nothing';
  } catch (error) {
    return String(error);
  } finally {
    client.close();
  }
}

test('a repository whose URL holds a token is refused, and neither the agent’s log nor a command line shows the token', async () => {
  const complaint = await complaintOf('repo-with-a-token');
  expect(complaint).toMatch(/repo: must hold no user, password, token/);
  expect(complaint + agent.log()).not.toContain('glpat-of-nobody');
});

/** Runs a built program that is to end by itself, and gives its exit code and what it said. */
const run = (program: string, ...words: string[]) => {
  const argv = [path.join(import.meta.dirname, '../../../dist', program), ...words];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 8000, cwd: '/' });
  return { status, stderr };
};

const logs = () => (existsSync(at('log/testsite')) ? readdirSync(at('log/testsite')) : []);

describe('what a tenant file names', () => {
  test.each(Object.keys(named))(
    'as %s is refused in a folder of the tenant’s, though the file is root’s',
    async (key) => {
      const complaint = await complaintOf(slugOf(key));
      expect(complaint).toContain(`${key}: ${at('of-tenant')}: belongs to user id ${nobody}, who could change it`);
    },
  );

  test.each(Object.keys(odd))(
    'as environment_file is refused where it is %s, and nothing waits for it',
    async (what) => {
      expect(await complaintOf(slugOf(what))).toMatch(
        /environment_file: .*(is not a file|does not exist|is no file|is \d+ bytes large)/,
      );
    },
  );
});

describe('a program’s own files', () => {
  test.each(['a FIFO', 'a device', 'the environment of the agent'])(
    'agent.yaml and controller.yaml are refused where they are %s',
    (what) => {
      const file = at(odd[what] ?? '');
      for (const program of ['agent/main.js', 'controller/main.js']) {
        const words = program.startsWith('agent') ? ['status'] : ['run'];
        expect(run(program, '--config', file, ...words)).toMatchObject({ status: 2 });
      }
    },
  );

  test('are refused in a folder of a tenant’s: the state, the controller’s data, and a token', async () => {
    const says = expect.stringContaining(`${at('of-tenant')}: belongs to user id ${nobody}, who could change it`);
    await writeYaml(at('agent.yaml'), { state_dir: inTenants('state') });
    mkdirSync(at('tenants.d'), { recursive: true });
    expect(run('agent/main.js', '--config', at('agent.yaml'), 'run')).toEqual({ status: 2, stderr: says });
    expect(run('agent/main.js', '--config', at('agent.yaml'), 'status')).toEqual({ status: 2, stderr: says });
    await writeYaml(at('controller.yaml'), { data_dir: inTenants('data'), listen: '127.0.0.1:0' });
    expect(run('controller/main.js', '--config', at('controller.yaml'), 'run')).toEqual({ status: 2, stderr: says });
    const add = ['context', 'add', 'x', 'http://127.0.0.1:1', '--token-file', inTenants('file')];
    expect(run('controller/cli/main.js', ...add)).toEqual({ status: 2, stderr: says });
    expect(readdirSync(at('of-tenant/of-root'))).toEqual(['file']);
  });
});

describe('the log of an upgrade', () => {
  test('can be read by its tenant, and changed by nobody but root', async () => {
    const { result } = await host.upgrade({ version: 'v0.1.0', force: true });
    expect(result.status).toBe('success');
    await vi.waitFor(() => expect(logs()).toEqual([expect.stringMatching(/_v0\.1\.0_.*\.log$/)]));
    const file = at(`log/testsite/${logs()[0]}`);
    const asNobody = { uid: nobody, gid: nobody, encoding: 'utf8' } as const;
    expect(execFileSync('cat', [file], asNobody)).toContain('upgrade');
    expect(() => execFileSync('touch', [file], { ...asNobody, stdio: 'ignore' })).toThrow('touch');
    expect([at('log'), at('log/testsite'), file].map((name) => (statSync(name).mode & 0o777).toString(8))).toEqual([
      '755',
      '750',
      '640',
    ]);
  });

  test('is not written once its folder is the tenant’s, and no planted link is followed', async () => {
    const victim = at('victim');
    writeFileSync(victim, 'of root', { mode: 0o600 });
    chownSync(at('log'), nobody, nobody);
    chownSync(at('log/testsite'), nobody, nobody);
    onTestFinished(() => chownSync(at('log'), 0, 0));
    writeFileSync(path.join(host.tenant.dataDir, 'log-folder'), at('log/testsite'));
    writeFileSync(path.join(host.tenant.dataDir, 'victim'), victim);
    const { result } = await host.upgrade({ version: 'v0.1.1' });
    expect(result.status).toBe('success');
    expect(logs().length).toBeGreaterThan(30);
    const complaint = `${at('log')}: belongs to user id ${nobody}, who could change it`;
    const isOver = () => agent.log().includes('the cleanup after') || readFileSync(victim, 'utf8') !== 'of root';
    await vi.waitFor(() => expect(isOver()).toBe(true), 9000);
    expect(readFileSync(victim, 'utf8')).toBe('of root');
    expect(agent.log()).toContain(complaint);
  });
});
