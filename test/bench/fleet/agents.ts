// Thousands of agents in one process of their own: simulated hosts that speak the product's protocol, or bare sockets.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createAgentProtocol, type AgentPort, type AgentProtocol } from '../../../agent/uplink/agent_protocol.js';
import { frameText } from '../../../shared/wire/websocket.js';
import { agentPath } from '../../../shared/wire/protocol.js';
import { proveHost } from '../../../agent/uplink/prove_host.js';
import { benchKey } from './bench_keys.js';
import { answerQuestions } from './child.js';
import { attemptAgent, attemptBare, stayConnected } from './lasting_agent.js';
import { simulateAgent } from './simulated_agent.js';
import { simulateWork } from './working_agent.js';

process.on('disconnect', () => process.exit(0));

/** So many connect at a time. */
const atOnce = 100;
const sockets: WebSocket[] = [];

function open(url: string): WebSocket {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  sockets.push(socket);
  return socket;
}

type MakePort = (wired: { onReady: () => void; announce: (upgrade: string) => void }) => AgentPort;

/** A frame that `take` takes is not for the protocol. */
type Take = (socket: WebSocket, text: string) => boolean;

/** Host `hN`; resolves once it has reported. */
async function connectHost(
  port: number,
  n: number,
  { makePort, take }: { makePort: MakePort; take?: Take },
): Promise<void> {
  const socket = open(`ws://127.0.0.1:${port}${agentPath}`);
  const member = { ...benchKey(`h${n}`), instance: `h${n}`, authority: `127.0.0.1:${port}` };
  await new Promise<void>((resolve, reject) => {
    const protocol: AgentProtocol = createAgentProtocol({
      port: makePort({ onReady: resolve, announce: (upgrade) => protocol.announce(upgrade) }),
      send: async (frame) => socket.send(JSON.stringify(frame)),
      close: (code, reason) => socket.close(code, reason),
      prove: (challenge) => proveHost(member, challenge),
      onWelcome: () => undefined,
      onError: reject,
    });
    socket.on('message', (data) => {
      const text = frameText(data);
      if (take?.(socket, text) !== true) protocol.receive(text);
    });
    socket.once('close', () => reject(new Error('closed')));
    socket.once('error', reject);
  });
}

/** With the tenant `tN`. */
function connectAgent(port: number, n: number): Promise<void> {
  return connectHost(port, n, { makePort: makeIdle(n) });
}

const makeIdle =
  (n: number): MakePort =>
  ({ onReady }) =>
    simulateAgent(n, {
      // Asked for after the report was sent.
      listStreams: async () => {
        onReady();
        return [];
      },
    });

const takeUpgrade: Take = (socket, text) => {
  if (!text.includes('"type":"upgrade"')) return false;
  answerBare(socket, text);
  return true;
};

/** The same, but an upgrade costs it no more than a bare socket: ten thousand hosts have processors of their own. */
function connectQuick(port: number, n: number): Promise<void> {
  return connectHost(port, n, { makePort: makeIdle(n), take: takeUpgrade });
}

/** With so many tenants, which it plans and upgrades. */
function connectWorking(port: number, n: number, tenantsOfHost: number): Promise<void> {
  const tenants = Array.from({ length: tenantsOfHost }, (_, index) => `t${n * tenantsOfHost + index}`);
  return connectHost(port, n, {
    makePort: ({ onReady, announce }) => simulateWork({ host: `h${n}`, tenants, announce, onReported: onReady }),
  });
}

async function connectBare(port: number): Promise<void> {
  const socket = open(`ws://127.0.0.1:${port}/`);
  socket.on('message', (data) => answerBare(socket, frameText(data)));
  await once(socket, 'open');
}

function answerBare(socket: WebSocket, text: string): void {
  const { id }: { id: string } = JSON.parse(text);
  socket.send(JSON.stringify({ type: 'answer', request_id: id, upgrade: id, error: null }));
}

/** Those that connect again: how many are still awaited, and how often they tried since then. */
const lasting = { awaited: 0, attempts: 0, onAll: () => undefined as void };

function comeBack(): void {
  if ((lasting.awaited -= 1) === 0) lasting.onAll();
}

function awaitAll(count: number): Promise<void> {
  Object.assign(lasting, { awaited: count, attempts: 0 });
  return new Promise((resolve) => {
    lasting.onAll = resolve;
  });
}

answerQuestions({
  /** Connects peers that come back by themselves, a few at a time. */
  async last(kind, port, count) {
    for (let from = 0; from < Number(count); from += atOnce) {
      const to = Math.min(from + atOnce, Number(count));
      const all = awaitAll(to - from);
      for (let n = from; n < to; n += 1) {
        const attempt = kind === 'bare' ? attemptBare(Number(port)) : attemptAgent(Number(port), n);
        void stayConnected(attempt, comeBack, () => (lasting.attempts += 1));
      }
      await all;
    }
    return Number(count);
  },
  /** Returns once so many peers have come back, counted from now on; how often they tried for that. */
  async back(count) {
    await awaitAll(Number(count));
    return lasting.attempts;
  },
  async connect(...[kind, port, count, tenantsOfHost = 1]) {
    for (let from = 0; from < Number(count); from += atOnce) {
      const numbers = Array.from({ length: Math.min(atOnce, Number(count) - from) }, (_, index) => from + index);
      const connect = (n: number) => {
        if (kind === 'bare') return connectBare(Number(port));
        if (kind === 'quick') return connectQuick(Number(port), n);
        if (kind === 'working') return connectWorking(Number(port), n, Number(tenantsOfHost));
        return connectAgent(Number(port), n);
      };
      await Promise.all(numbers.map(connect));
    }
    return sockets.length;
  },
});
