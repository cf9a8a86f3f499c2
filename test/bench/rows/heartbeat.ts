// How long a quiet agent's heartbeat takes while a thousand hostile sockets and one flooding agent are at the controller.
import { once, setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { proveHost } from '../../../agent/uplink/prove_host.js';
import { frameText } from '../../../shared/wire/websocket.js';
import { agentPath, controllerFrameSchema } from '../../../shared/wire/protocol.js';
import { benchKey } from '../fleet/bench_keys.js';
import { startChild } from '../fleet/child.js';
import type { Row } from '../row.js';

const hostileSockets = 1000;
const beats = 300;
const pauseMs = 20;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const heartbeat: Row = {
  name: 'heartbeat',
  what: `${beats} pings of a quiet agent, answered by a controller with ${hostileSockets} hostile sockets and a flooding agent: the 99th percentile`,
  unit: 'ms',
  bound: 'figure',
  limit: 2000,
  target: 200,
  async measure() {
    const control = await measureBeats(false);
    const figure = await measureBeats(true);
    return {
      measured: { figure, control, ratio: figure / control },
      remark:
        'half-open, slow, garbage, refused and reset sockets, each replaced when it ends; the control is without all of them',
    };
  },
};

async function measureBeats(isAttacked: boolean): Promise<number> {
  const controller = await startChild('controller.js');
  const attack = new AbortController();
  try {
    const port = await controller.ask('port');
    await controller.ask('join', 'quiet', 'loud');
    const quiet = await connectAgent(port, 'quiet');
    const attacks = isAttacked ? startAttack(port, attack.signal) : [];
    const times: number[] = [];
    for (let beat = 0; beat < beats; beat += 1) {
      const sinceMs = performance.now();
      const answered = once(quiet, 'pong');
      quiet.ping();
      await answered;
      times.push(performance.now() - sinceMs);
      await pause(pauseMs);
    }
    attack.abort();
    await Promise.all(attacks);
    quiet.terminate();
    return times.toSorted((left, right) => left - right)[Math.floor(times.length * 0.99)] ?? 0;
  } finally {
    attack.abort();
    await controller.end();
  }
}

async function connectAgent(port: number, host: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${agentPath}`);
  const [data] = await once(socket, 'message');
  const challenge = controllerFrameSchema.parse(JSON.parse(frameText(data)));
  if (challenge.type !== 'challenge') throw new Error(`a frame ${challenge.type} in place of the challenge`);
  const welcome = once(socket, 'message');
  const member = { ...benchKey(host), instance: host, authority: `127.0.0.1:${port}` };
  const at = new Date().toISOString();
  socket.send(JSON.stringify({ type: 'hello', ...proveHost(member, challenge), agent_version: '1', at }));
  await welcome;
  return socket;
}

function startAttack(port: number, signal: AbortSignal): Promise<void>[] {
  // Each hostile socket waits for it.
  setMaxListeners(0, signal);
  const kinds = [
    '',
    'GET / HTTP/1.1\r\nHost: x\r\n',
    '\u0016\u0003\u0001 no HTTP at all\r\n\r\n',
    `GET ${agentPath} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    'GET /x',
  ];
  const sockets = Array.from({ length: hostileSockets }, (_, n) =>
    stayHostile(port, kinds[n % kinds.length] ?? '', signal),
  );
  return [...sockets, flood(port, signal)];
}

/** Connects again whenever the controller has ended the connection. The last kind resets it by itself. */
async function stayHostile(port: number, bytes: string, signal: AbortSignal): Promise<void> {
  const aborted = once(signal, 'abort');
  while (!signal.aborted) {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume();
    const ended = new Promise<void>((resolve) => {
      socket.once('end', resolve);
      socket.once('close', () => resolve());
    });
    socket.on('error', () => undefined);
    socket.write(bytes);
    if (bytes.endsWith('/x')) setTimeout(() => socket.resetAndDestroy(), pauseMs);
    await Promise.race([ended, aborted]);
    // Half-open for a moment, as a peer that vanished.
    await pause(10 * pauseMs);
    socket.destroy();
  }
}

/** Frames that are valid and ask for nothing, as fast as the socket takes them. */
async function flood(port: number, signal: AbortSignal): Promise<void> {
  const socket = await connectAgent(port, 'loud');
  socket.on('error', () => undefined);
  const answer = { upgrade: null, error: null };
  for (let n = 0; !signal.aborted && socket.readyState === WebSocket.OPEN; n += 1) {
    socket.send(JSON.stringify({ type: 'answer', request_id: `r${n}`, ...answer }));
    if (n % 100 === 0 || socket.bufferedAmount > 1024 ** 2) await pause(1);
  }
  socket.terminate();
}
