// A host whose only way out is an HTTP proxy that wants a password, to a controller with a CA of its own: `drover-agent
// enroll`, the agent that runs, and what `drover-agent status` says of each fault on the way.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeYaml } from '../../../../deploy/demo/write_yaml.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { spawnAgent, type AgentProcess } from '../../../helpers/agent/agent_process.js';
import { makeAuthority, type Authority, type IssuedFiles } from '../../../helpers/certificates.js';
import { startConnectProxy, type ConnectProxy } from '../../../helpers/controller/connect_proxy.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../../helpers/controller/controller_process.js';

const program = path.join(import.meta.dirname, '../../../../dist/agent/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'drover-enroll-'));
const configFile = path.join(folder, 'agent.yaml');
const logFile = path.join(folder, 'agent.log');
const passwordFile = path.join(folder, 'proxy-password');
const state = stateFolder(path.join(folder, 'state'));
const password = 'correct:horse battery';
let authority: Authority;
let place: ControllerPlace;
let controller: ControllerProcess;
let agent: AgentProcess | undefined;
let proxy: ConnectProxy;

beforeAll(async () => {
  authority = makeAuthority(folder);
  place = await makeControllerPlace({ tls: authority.issue('controller') });
  controller = await place.start();
  proxy = await startConnectProxy({ login: `drover:${password}` });
  mkdirSync(path.join(folder, 'tenants.d'));
});
afterAll(async () => {
  await agent?.end('SIGTERM');
  proxy.close();
  await controller.end('SIGTERM');
  await place.remove();
  rmSync(folder, { recursive: true });
});

const writePassword = (text: string, mode = 0o600) => {
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, text, { mode });
};
const byProxy = () => ({ url: proxy.url, username: 'drover', password_file: passwordFile });

async function configure(keys: object): Promise<void> {
  const folders = { state_dir: state.folder, log_dir: path.join(folder, 'log') };
  await writeYaml(configFile, { host: 'web-17', ...folders, controller: { url: place.agentUrl, ...keys } });
}

async function run(...words: string[]): Promise<{ exitCode: number | null; text: string }> {
  const child = spawn(process.execPath, [program, '--config', configFile, ...words], { cwd: '/' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  child.stdin.end(place.readJoinToken());
  await once(child, 'close');
  return { exitCode: child.exitCode, text };
}

/** A server with this certificate, in the controller's place. */
async function impersonate({ cert_file: cert, key_file: key }: IssuedFiles) {
  const server = tls.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => socket.destroy());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a server without a port');
  return { port: address.port, close: () => server.close() };
}

/** What the agent that runs says of its connection. */
const readUplink = () => {
  const { connected, problem } = JSON.parse(readFileSync(state.uplink, 'utf8'));
  return connected ? 'connected' : String(problem?.message);
};

async function seen(what: string): Promise<void> {
  await expect.poll(readUplink, { timeout: 20_000 }).toContain(what);
}

it('joins and stays connected by the password in a file, and says what is wrong with password, CA and certificate', async () => {
  const keys = { ca_file: authority.caFile, proxy: byProxy() };
  const enroll = ['enroll', '--token-stdin'];
  writePassword('wrong\n');
  await configure({ ...keys, proxy: proxy.url });
  expect(await run(...enroll)).toEqual({
    exitCode: 3,
    text: expect.stringMatching(/the proxy \S+ wants a user and a password \(HTTP status 407\)\n.*`password_file`/),
  });
  await configure(keys);
  const wrong = `the proxy ${proxy.url} does not accept drover with the password in ${passwordFile} (HTTP status 407)`;
  const refused = await run(...enroll);
  expect(refused).toEqual({ exitCode: 3, text: expect.stringContaining(wrong) });
  writePassword(password, 0o640);
  expect(await run(...enroll)).toEqual({
    exitCode: 2,
    text: expect.stringMatching(/password_file: .*can be read by its group[^]*chmod/),
  });
  writePassword(`${password}\n`);
  const joined = await run(...enroll);
  expect(joined).toEqual({ exitCode: 0, text: expect.stringContaining(`web-17 has joined ${place.agentUrl}`) });
  expect(new Set(proxy.asked)).toEqual(new Set([new URL(place.agentUrl).host]));
  await configure({ proxy: byProxy() });
  expect(await run('enroll', '--rotate')).toEqual({
    exitCode: 3,
    text: expect.stringContaining('from a CA that this host does not trust'),
  });
  await configure(keys);

  // Its pauses between attempts are short.
  const env = { NODE_OPTIONS: '--import=data:text/javascript,Math.random=()=>0.01' };
  agent = spawnAgent({ configFile, logFile, env });
  expect(await agent.ready).toBe(true);
  await seen('connected');
  expect((await run('status')).text).toContain(`connected to ${place.agentUrl} through the proxy ${proxy.url} since`);
  for (const file of ['cmdline', 'environ']) {
    expect(readFileSync(`/proc/${agent.pid}/${file}`, 'utf8')).not.toContain('horse');
  }

  writePassword('changed');
  proxy.divert(null);
  await seen(wrong);
  writePassword(password);
  await seen('connected');
  const faults = [
    [authority.issue('late', { days: -1 }), 'its certificate has expired'],
    [
      authority.issue('other', { alias: 'DNS:other.example' }),
      'its certificate is for another name (DNS:other.example)',
    ],
  ] as const;
  for (const [issued, message] of faults) {
    const other = await impersonate(issued);
    proxy.divert(other.port);
    await seen(`${place.agentUrl}/agent: ${message}`);
    expect((await run('status')).text).toContain(message);
    other.close();
  }
  proxy.divert(null);
  await seen('connected');
  await agent.end('SIGTERM');
  for (const text of [agent.log(), refused.text, joined.text]) expect(text).not.toMatch(/horse|changed/);
}, 60_000);
