// `drover-agent enroll` with real controllers, beside an agent that runs all the time: a host that joins, is killed while
// it does, takes a new key, is shut out, and goes to another controller.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { hostSchema } from '../../../../shared/wire/api.js';
import { madeJoinTokenSchema } from '../../../../shared/wire/joining_api.js';
import { writeYaml } from '../../../../deploy/demo/write_yaml.js';
import { spawnAgent, type AgentProcess } from '../../../helpers/agent/agent_process.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../../helpers/controller/controller_process.js';
import { startFrameProxy, type FrameProxy } from '../../../helpers/controller/frame_proxy.js';
import { findFixedPort } from '../../../helpers/free_port.js';

const program = path.join(import.meta.dirname, '../../../../dist/agent/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'drover-enroll-'));
const configFile = path.join(folder, 'agent.yaml');
const state = stateFolder(path.join(folder, 'state'));
let place: ControllerPlace;
let controller: ControllerProcess;
let agent: AgentProcess | undefined;
let proxy: FrameProxy;
let elsewhere: { place: ControllerPlace; controller: ControllerProcess };

beforeAll(async () => {
  const port = await findFixedPort();
  place = await makeControllerPlace({ other_urls: [`http://127.0.0.1:${port}`] });
  controller = await place.start();
  const other = await makeControllerPlace();
  elsewhere = { place: other, controller: await other.start() };
  proxy = await startFrameProxy(place.agentUrl, port);
  mkdirSync(path.join(folder, 'tenants.d'));
  mkdirSync(state.folder, { mode: 0o711 });
  await writeYaml(configFile, { host: 'web-17', state_dir: state.folder, log_dir: path.join(folder, 'log') });
});
afterAll(async () => {
  await agent?.end('SIGTERM');
  await proxy.close();
  for (const one of [{ place, controller }, elsewhere]) {
    await one.controller.end('SIGTERM');
    await one.place.remove();
  }
  rmSync(folder, { recursive: true });
});

function startEnroll(token: string, ...words: string[]) {
  const argv = [program, '--config', configFile, 'enroll', ...words, ...(token === '' ? [] : ['--token-stdin'])];
  const child = spawn(process.execPath, argv, { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  child.stdin.end(token);
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, text }));
  return { kill: () => child.kill('SIGKILL'), ended };
}
const enroll = (token: string, ...words: string[]) => startEnroll(token, ...words).ended;

async function ask(route: string, body?: object, at = place): Promise<unknown> {
  const headers = { authorization: `Bearer ${at.readToken()}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${at.url}/api/v1${route}`, { headers, ...sent })).json();
}

const makeToken = async (body: object = {}) => madeJoinTokenSchema.parse(await ask('/join-tokens', body));
const findHost = async (at = place) => hostSchema.safeParse(await ask('/hosts/web-17', undefined, at)).data;
const showStatus = () =>
  new Promise<string>((resolve) =>
    execFile(process.execPath, [program, '--config', configFile, 'status'], (_error, stdout) => resolve(stdout)),
  );
const identity = () => JSON.parse(readFileSync(state.identity, 'utf8'));

it('joins once, though it is killed as its answer comes; takes a new key, is revoked, and joins again', async () => {
  const { token, command } = await makeToken();
  expect(command).toBe(`drover-agent enroll ${place.agentUrl} --token-stdin`);
  const url = proxy.url;
  // What another program is writing: an agent that starts leaves it alone.
  writeFileSync(`${state.identity}.new`, '');
  agent = spawnAgent({ configFile, logFile: path.join(folder, 'agent.log') });
  expect(await agent.ready).toBe(true);
  expect(existsSync(`${state.identity}.new`)).toBe(true);
  expect(await showStatus()).not.toContain('connect');

  // What is refused leaves nothing with which the agent would try.
  expect((await enroll((await makeToken({ hosts: ['db-1'] })).token, url)).text).toContain('not for web-17');
  expect(existsSync(state.identity)).toBe(false);

  // Before anything is sent; when the controller has it and the host does not know; and when all is done.
  const early = proxy.trap({ from: 'controller', kind: 'challenge', nth: 1, fault: 'hold' });
  const first = startEnroll(token, url);
  await early.sprung;
  first.kill();
  await first.ended;
  const late = proxy.trap({ from: 'controller', kind: 'enrolled', nth: 1, fault: 'hold' });
  const second = startEnroll(token, url);
  await late.sprung;
  second.kill();
  await second.ended;
  expect(identity()).toMatchObject({ active: null, next: { host: 'web-17' } });
  expect(statSync(state.identity).mode & 0o777).toBe(0o600);
  const { key } = identity().next;
  for (let times = 0; times < 2; times += 1) {
    expect(await enroll(token, url)).toEqual({
      exitCode: 0,
      text: `web-17 has joined ${url}\n`,
    });
    expect(identity()).toMatchObject({ url, active: { key }, next: null });
  }

  // Without a word about it in agent.yaml, and without a restart.
  await expect.poll(async () => (await findHost())?.state, { timeout: 20_000 }).toBe('connected');

  // Another token is not taken for a host that has joined, and one that is no token is no word of the controller's.
  expect(await enroll((await makeToken()).token, url)).toMatchObject({
    exitCode: 2,
    text: expect.stringContaining('this host has joined already, as web-17'),
  });
  expect(await enroll('hunter2', url)).toMatchObject({ exitCode: 2, text: expect.stringContaining('no join token') });

  // A new key, with the agent running; killed before the answer.
  const rotated = proxy.trap({ from: 'controller', kind: 'rotated', nth: 1, fault: 'hold' });
  const rotating = startEnroll('', '--rotate');
  await rotated.sprung;
  rotating.kill();
  await rotating.ended;
  const { active, next } = identity();
  expect(active.key).toBe(key);
  // The agent finds out that the controller has the next one.
  await expect.poll(async () => (await findHost())?.state, { timeout: 20_000 }).toBe('connected');
  expect(await enroll('', '--rotate')).toMatchObject({ exitCode: 0, text: expect.stringContaining('has a new key') });
  expect(identity()).toMatchObject({ active: { key: next.key }, next: null });

  await ask('/hosts/web-17/revoke', { reason: 'stolen' });
  await expect.poll(async () => (await findHost())?.state).toBe('revoked');
  await expect.poll(showStatus, { timeout: 20_000 }).toMatch(/its key was revoked at [^]*drover-agent enroll --reset/);
  const again = await makeToken({ hosts: ['web-17'] });
  expect((await enroll((await makeToken()).token, url, '--reset')).text).toContain('must name just it');
  // What was refused has not taken the key that the host had.
  expect(identity()).toMatchObject({ active: { key: next.key } });
  expect((await enroll(again.token, url, '--reset')).exitCode).toBe(0);
  // A reset takes a new key, or says why it can't; it never goes on with the one that a copied machine has, too.
  const { key: taken } = identity().active;
  expect(taken).not.toBe(next.key);
  expect(await enroll(again.token, url, '--reset')).toMatchObject({
    exitCode: 2,
    text: expect.stringContaining('the join token is used up'),
  });
  expect(identity()).toMatchObject({ active: { key: taken } });
  await expect.poll(async () => (await findHost())?.state, { timeout: 40_000 }).toBe('connected');
  // The agent leaves the controller that it is connected to, which knows nothing of it.
  const { place: other } = elsewhere;
  expect((await enroll(other.readJoinToken(), other.agentUrl, '--reset')).exitCode).toBe(0);
  await expect.poll(async () => (await findHost(other))?.state, { timeout: 20_000 }).toBe('connected');
  await expect.poll(async () => (await findHost())?.state, { timeout: 20_000 }).toBe('offline');
  writeFileSync(configFile, `${readFileSync(configFile, 'utf8')}controller: { url: ${other.agentUrl} }\n`);
  expect((await enroll('', '--rotate')).text).toContain('systemctl restart drover-agent');
  await agent.end('SIGTERM');
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(' }', ', secret_file: /x }'));
  expect(await enroll('', '--rotate')).toMatchObject({
    exitCode: 2,
    text: expect.stringMatching(/secret_file: .*[^]*enroll/),
  });
}, 120_000);
