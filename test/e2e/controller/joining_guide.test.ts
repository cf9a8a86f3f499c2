// The operator's guide on TLS, on two hosts that join, and on tokens, word for word: its keys and its commands.
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { readYaml } from '../../../shared/config/yaml.js';
import { hostSchema } from '../../../shared/wire/api.js';
import { spawnAgent, type AgentProcess } from '../../helpers/agent/agent_process.js';
import { makeAuthority } from '../../helpers/certificates.js';
import { startConnectProxy, type ConnectProxy } from '../../helpers/controller/connect_proxy.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../helpers/controller/controller_process.js';
import { findFixedPort } from '../../helpers/free_port.js';

const root = path.join(import.meta.dirname, '../../..');
const guide = readFileSync(path.join(root, 'deploy/guides/operating.md'), 'utf8');
const chapterOf = (title: string) => new RegExp(`^## ${title}\n([^]*?)^## `, 'm').exec(guide)?.[1] ?? '';
const blocksOf = (title: string, language: string) =>
  [...chapterOf(title).matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) => text ?? '');
/** The command in the text of a chapter that begins so. */
const commandOf = (title: string, start: string) =>
  [...chapterOf(title).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? '').find((text) => text.startsWith(start));

const folder = mkdtempSync(path.join(tmpdir(), 'drover-guide-'));
const inside = (...names: string[]) => path.join(folder, ...names);
const hosts = ['web-17', 'web-18'];
const agents: AgentProcess[] = [];
let port: number;
let proxy: ConnectProxy;
let place: ControllerPlace;
let controller: ControllerProcess;

/** What the guide names, where this test has it. */
function onThisMachine(text: string): string {
  return text
    .replaceAll('0.0.0.0:443', `127.0.0.1:${port}`)
    .replaceAll('drover.example.com', `localhost:${port}`)
    .replaceAll('http://proxy.localhost:3128', proxy.url)
    .replaceAll('http://proxy.example.com:3128', proxy.url)
    .replaceAll('-g drover', '-g root')
    .replaceAll('/etc/drover', inside('etc'))
    .replaceAll('/etc/ssl/our-ca.pem', inside('etc/controller-ca.pem'));
}

async function readKeys(text: string): Promise<Record<string, unknown>> {
  const file = inside('keys.yaml');
  writeFileSync(file, onThisMachine(text));
  return (await readYaml(file)).value;
}

/** Runs it as a script of a person, on the machine `where`. */
async function run(where: string, script: string, env: Record<string, string> = {}): Promise<string> {
  const own = { PATH: `${inside('bin')}:/usr/bin:/bin`, HOME: inside(where), CONFIG: inside(where, 'agent.yaml') };
  const words = ['--norc', '-euo', 'pipefail', '-c', onThisMachine(script)];
  return (await promisify(execFile)('/bin/bash', words, { cwd: inside(where), env: { ...own, ...env } })).stdout;
}
const [, trust = ''] = /`(NODE_EXTRA_CA_CERTS)=\/etc\/ssl\/our-ca\.pem`/.exec(guide) ?? [];
const drover = (script: string, where = 'desk') => run(where, script, { [trust]: inside('etc/controller-ca.pem') });

/** A program of the package, by its name; commands of the agent have the configuration of their host. */
function install(name: string, program: string, words: string): void {
  writeFileSync(inside('bin', name), `#!/bin/sh\nexec ${process.execPath} ${path.join(root, program)} ${words} "$@"\n`);
  chmodSync(inside('bin', name), 0o755);
}

beforeAll(async () => {
  for (const name of ['bin', 'etc', 'issued', 'machine', 'desk', ...hosts]) mkdirSync(inside(name));
  install('drover', 'dist/controller/cli/main.js', '');
  install('drover-agent', 'dist/agent/main.js', '--config "$CONFIG"');
  // The test starts what a unit would.
  writeFileSync(inside('bin/systemctl'), '#!/bin/sh\necho "$@" >>units\n', { mode: 0o755 });
  port = await findFixedPort();
  proxy = await startConnectProxy();
  const authority = makeAuthority(inside('issued'));
  const issued = authority.issue('controller', { alias: 'DNS:localhost' });
  copyFileSync(authority.caFile, inside('etc/controller-ca.pem'));
  copyFileSync(issued.cert_file, inside('issued/fullchain.pem'));
  copyFileSync(issued.key_file, inside('issued/privkey.pem'));
  const [renew = ''] = blocksOf('TLS', 'sh');
  execFileSync('/bin/sh', ['-c', onThisMachine(renew)], { env: { ...process.env, RENEWED_LINEAGE: inside('issued') } });
  place = await makeControllerPlace(await readKeys(blocksOf('TLS', 'yaml')[0] ?? ''), port);
  controller = await place.start();
  const configFile = path.join(path.dirname(path.dirname(place.storeFile)), 'controller.yaml');
  install('drover-controller', 'dist/controller/main.js', `--config ${configFile}`);
});
afterAll(async () => {
  for (const agent of agents) await agent.end('SIGTERM');
  await controller.end('SIGTERM');
  await place.remove();
  proxy.close();
  rmSync(folder, { recursive: true });
});

async function listHosts() {
  const { hosts: listed } = JSON.parse(await drover('drover hosts --json'));
  return hostSchema.array().parse(listed);
}

const readStates = async () => (await listHosts()).map(({ host, state }) => [host, state]);
const bothAre = (first: string) => [
  ['web-17', first],
  ['web-18', 'connected'],
];

test('its commands make a controller with TLS, two hosts that join it, and tokens for people', async () => {
  expect(statSync(inside('etc/tls/key.pem')).mode & 0o777).toBe(0o640);
  writeFileSync(inside('desk/drover-token'), `${place.readToken()}\n`, { mode: 0o600 });
  const [first = ''] = /^runuser -u drover -- drover-controller token .*$/m.exec(guide) ?? [];
  const here = first
    .replace('runuser -u drover -- ', '')
    .replace('http://127.0.0.1:7400', 'https://drover.example.com');
  expect(await drover(here, 'machine')).toContain('prod');
  const [connecting = ''] = blocksOf('Connecting hosts and operators', 'sh');
  expect(await drover(connecting)).toContain('no host');

  const title = 'Connecting a host to a controller';
  const [makeToken = '', join = ''] = blocksOf(title, 'sh');
  const [keys = ''] = blocksOf(title, 'yaml');
  await drover(makeToken);
  for (const host of hosts) {
    const folders = { state_dir: inside(host, 'state'), log_dir: inside(host, 'log') };
    mkdirSync(inside(host, 'tenants.d'));
    await writeYaml(inside(host, 'agent.yaml'), { ...(await readKeys(keys)), host, ...folders });
    copyFileSync(inside('desk/token'), inside(host, 'token'));
    expect(await run(host, join)).toContain(`${host} has joined wss://localhost:${port}`);
    expect(readFileSync(inside(host, 'units'), 'utf8')).toBe('enable --now drover-agent\n');
    agents.push(spawnAgent({ configFile: inside(host, 'agent.yaml'), logFile: inside(host, 'agent.log') }));
  }
  await expect.poll(readStates, { timeout: 30_000 }).toEqual(bothAre('connected'));
  expect(await run('web-17', 'drover-agent status')).toContain(`connected to wss://localhost:${port}`);
  // The way out is the proxy: to join, and to stay.
  expect(new Set(proxy.asked)).toEqual(new Set([`localhost:${port}`]));
  expect(proxy.asked.length).toBeGreaterThanOrEqual(4);

  expect(await run('web-18', commandOf(title, 'drover-agent enroll --rotate') ?? '')).toContain('has a new key');
  const revoke = commandOf(title, 'drover hosts revoke web-17') ?? '';
  await drover(revoke.replace('…', 'stolen'));
  await expect.poll(readStates, { timeout: 30_000 }).toEqual(bothAre('revoked'));

  const [people = ''] = blocksOf('People and tokens', 'sh');
  const shown = await drover(people);
  expect(shown.match(/^drover_\S{43}$/gm)).toHaveLength(2);
  expect(shown).toMatch(/^acme-ci .*slug~acme-\*/m);
  const { changes } = JSON.parse(await drover('drover audit --json'));
  const count = (name: string) => changes.filter(({ action }: { action: string }) => action === name).length;
  const made = { 'join-tokens.create': 3, 'hosts.enroll': 2, 'hosts.rotate': 1, 'hosts.revoke': 1, 'tokens.revoke': 1 };
  expect(Object.keys(made).map((name) => [name, count(name)])).toEqual(Object.entries(made));
  expect(changes[0]).toMatchObject({ action: 'tokens.revoke', target: 'acme-ci', reason: 'it was in a public log' });
});
