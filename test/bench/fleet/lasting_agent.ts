// Peers that connect again whenever they are cut off, with the agent's own pauses and limits.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createAgentProtocol } from '../../../agent/uplink/agent_protocol.js';
import { connectController, connectionLimits } from '../../../agent/uplink/controller_connection.js';
import { proveHost } from '../../../agent/uplink/prove_host.js';
import { backOff } from '../../../agent/uplink/reconnect_pause.js';
import { agentPath } from '../../../shared/wire/protocol.js';
import { benchKey } from './bench_keys.js';
import { simulateAgent } from './simulated_agent.js';

/** One connection: calls `onReady` once all of its beginning is sent; resolves with the milliseconds that it lasted. */
export type Attempt = (onReady: () => void) => Promise<number>;

/** Simulated host `hN` at this controller. */
export function attemptAgent(port: number, n: number): Attempt {
  const url = `ws://127.0.0.1:${port}${agentPath}`;
  const member = { ...benchKey(`h${n}`), instance: `h${n}`, authority: `127.0.0.1:${port}` };
  return async (onReady) => {
    let welcomeAtMs: number | null = null;
    const connection = connectController({ url, ca: undefined, limits: connectionLimits }, (text) =>
      protocol.receive(text),
    );
    const cut = () => connection.cut({ reason: 'no welcome', message: '', hint: '' });
    const limit = setTimeout(cut, connectionLimits.openMs);
    const protocol = createAgentProtocol({
      port: simulateAgent(n, {
        // Asked for after the report was sent.
        listStreams: async () => {
          onReady();
          return [];
        },
      }),
      send: (frame) => connection.send(JSON.stringify(frame)),
      close: (code, reason) => connection.close(code, reason),
      prove: (challenge) => proveHost(member, challenge),
      onWelcome() {
        clearTimeout(limit);
        welcomeAtMs = performance.now();
      },
      onError: (error) => console.error(error),
    });
    // As the agent does it: so long from the handshake's end on.
    void connection.opened.then(() => limit.refresh());
    await connection.ended;
    clearTimeout(limit);
    protocol.end();
    return welcomeAtMs === null ? 0 : performance.now() - welcomeAtMs;
  };
}

/** A bare socket, which is ready once it is open. */
export function attemptBare(port: number): Attempt {
  return async (onReady) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    let openedAtMs: number | null = null;
    socket.on('error', () => undefined);
    socket.once('open', () => {
      openedAtMs = performance.now();
      onReady();
    });
    await once(socket, 'close');
    return openedAtMs === null ? 0 : performance.now() - openedAtMs;
  };
}

/** Connects again and again, for as long as the process lives; `onReady` is called with each time. */
export async function stayConnected(attempt: Attempt, onReady: () => void, onAttempt: () => void): Promise<never> {
  for (let failed = 0; ; ) {
    onAttempt();
    const pause = backOff({ failed, connectedMs: await attempt(onReady) }, Math.random());
    failed = pause.failed;
    await new Promise((resolve) => setTimeout(resolve, pause.delayMs));
  }
}
