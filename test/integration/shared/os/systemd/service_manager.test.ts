// What a program tells systemd. A Perl program receives it, in systemd's place; test/systemd has a real one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openServiceManager, type ServiceManager } from '../../../../../shared/os/systemd/service_manager.js';

const receiver = `
use Socket; $| = 1;
socket my $socket, AF_UNIX, SOCK_DGRAM, 0 or die;
bind $socket, pack_sockaddr_un($ARGV[0]) or die;
print "listens\\n";
while (defined recv $socket, my $message, 4096, 0) { print join(" & ", split /\\n/, $message), "\\n" }
`;

let folder: string;
let socket: string;
let nextMessage: () => Promise<string>;
let endReceiver: () => Promise<void>;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-notify-'));
  socket = path.join(folder, 'notify');
  const child = spawn('perl', ['-e', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  nextMessage = async () => String((await lines.next()).value);
  endReceiver = async () => {
    child.kill();
    await once(child, 'close');
  };
  await nextMessage();
});

let manager: ServiceManager;
let problems: string[] = [];
afterEach(async () => {
  await manager.close();
  await endReceiver();
  rmSync(folder, { recursive: true });
});

function open(env: Readonly<Record<string, string>>): void {
  problems = [];
  manager = openServiceManager({ env, pid: 17, onProblem: (problem) => problems.push(problem) });
}

/** The next message that is no barrier: `systemd-notify` sends one to know when its message was read. */
async function receive(): Promise<string> {
  const message = await nextMessage();
  return message === 'BARRIER=1' ? receive() : message;
}

test('tells the first thing at once, and the latest of all that came meanwhile', async () => {
  open({ NOTIFY_SOCKET: socket });
  manager.tellStatus('no upgrade runs');
  manager.tellReady();
  manager.tellStatus('one\ntwo');
  manager.tellReloading();
  manager.tellReady();
  manager.tellStatus(`three\nREADY=0 ${'x'.repeat(5000)}`);
  expect(await receive()).toBe('STATUS=no upgrade runs');
  expect(await receive()).toMatch(/^READY=1 & STATUS=three READY=0 x{900,1000}$/);
  manager.tellStopping();
  expect(await receive()).toBe('STOPPING=1');
  expect(problems).toEqual([]);
});

test('tells again and again that it is alive, where systemd wants that', async () => {
  open({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000', WATCHDOG_PID: '17' });
  expect(await receive()).toBe('WATCHDOG=1');
  expect(await receive()).toBe('WATCHDOG=1');
});

test('does not vouch for another process', async () => {
  open({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000', WATCHDOG_PID: '18' });
  for (const status of ['one', 'two', 'three']) {
    manager.tellStatus(status);
    expect(await receive()).toBe(`STATUS=${status}`);
  }
});

test('tells why the program does not start before it ends', async () => {
  open({ NOTIFY_SOCKET: socket });
  const reason = new Error('agent.yaml: does not exist');
  await expect(manager.whileStarting(() => Promise.reject(reason))).rejects.toBe(reason);
  expect(await receive()).toBe('STATUS=it does not start: agent.yaml: does not exist');
});

test('says once that systemd cannot be told, and goes on', async () => {
  open({ NOTIFY_SOCKET: path.join(folder, 'gone') });
  manager.tellReady();
  manager.tellStatus('one');
  await manager.close();
  expect(problems).toEqual(['systemd could not be told READY=1: systemd-notify ended with exit code 1']);
});

test('tells what could not be told with the next thing', async () => {
  open({ NOTIFY_SOCKET: socket });
  renameSync(socket, `${socket}.gone`);
  manager.tellReloading();
  await vi.waitFor(() => expect(problems).toHaveLength(1));
  manager.tellReady();
  manager.tellStatus('one');
  await sleep(300);
  renameSync(`${socket}.gone`, socket);
  manager.tellStatus('two');
  expect(await receive()).toBe('READY=1 & STATUS=two');
});

test('does nothing in a process that systemd has not started', async () => {
  open({ WATCHDOG_USEC: '1000' });
  manager.tellReady();
  manager.tellStatus('one');
  expect(await manager.whileStarting(() => Promise.resolve('started'))).toBe('started');
  await manager.close();
});
