// A local user who wants the agent not to run takes the lock of its state folder, if it lets them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeAgentHost, makeTemplate, type AgentHost, type HostTemplate } from '../../helpers/agent/agent_host.js';

const nobody = { uid: 65534, gid: 65534 };

let template: HostTemplate;
let host: AgentHost;
let lock: string;
beforeAll(async () => {
  template = await makeTemplate();
  host = await makeAgentHost(template, { hasService: false });
  lock = path.join(host.stateFolder, 'agent.lock');
});
afterAll(async () => {
  await host.close();
  await template.remove();
});

test('no other user can open the lock, neither of a new state folder nor after the agent', async () => {
  const agent = await host.start();
  await agent.end('SIGTERM');
  expect(statSync(lock).mode & 0o777).toBe(0o600);
  const taken = spawnSync('flock', ['--nonblock', lock, 'true'], { ...nobody, encoding: 'utf8' });
  expect(taken).toMatchObject({ status: 66, stderr: expect.stringContaining('Permission denied') });
});

test('who holds the lock since an older version left it open is named, and has no second chance', async () => {
  mkdirSync(host.stateFolder, { recursive: true });
  writeFileSync(lock, '');
  chmodSync(lock, 0o644);
  chmodSync(host.stateFolder, 0o711);
  const holder = spawn('flock', [lock, 'sh', '-c', 'echo held; exec cat'], {
    ...nobody,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  onTestFinished(() => void holder.kill());
  await once(holder.stdout, 'data');
  const agent = host.spawn();
  expect(await agent.ready).toBe(false);
  expect(agent.log()).toContain(`is held by process ${holder.pid} (flock) of user id ${nobody.uid}`);
  expect(agent.log()).toContain(`kill ${holder.pid}`);
  expect(statSync(lock).mode & 0o777).toBe(0o600);
  const ended = once(holder, 'exit');
  holder.stdin.end();
  await ended;
  expect(await host.spawn().ready).toBe(true);
});
