// The agent's connection to its controller. The agent connects again, with pauses, whenever it is lost.
import type { Clock } from '../../shared/os/clock.js';
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import { agentPath, closeCodes, encodeFrame } from '../../shared/wire/protocol.js';
import type { UplinkConfig } from '../config/uplink_config.js';
import { reasonOfSilence, type DisconnectReason } from './disconnect_reason.js';
import { backOff } from './reconnect_pause.js';
import { connectController, connectionLimits, type ConnectionLimits } from './controller_connection.js';
import { readCredentials, type Credentials } from './credentials.js';
import { createConnectionStatus } from './connection_status.js';
import { createAgentProtocol, type AgentPort, type AgentProtocol } from './agent_protocol.js';

export interface Uplink {
  /** An upgrade has begun, or continues after its end (a rollback). */
  announce(upgrade: string): void;
  /** Sends how far an accepted upgrade is that has not begun. */
  sendState(upgrade: string): void;
  /** Sends a new report, because something in it has changed. */
  sendReport(): void;
  /** Closes the connection and does not connect again. */
  close(): Promise<void>;
}

export interface UplinkOptions {
  controller: UplinkConfig;
  port: AgentPort;
  /** The status file for `drover-agent status`. */
  statusFile: string;
  log: Log;
  clock: Clock;
  /** In [0, 1), for the pauses between attempts. */
  random: () => number;
  limits?: ConnectionLimits;
}

/** Begins to connect, and connects again until `close`. */
export function startUplink(options: UplinkOptions): Uplink {
  const { controller, statusFile, log, clock, random } = options;
  const closing = new AbortController();
  const status = createConnectionStatus({ url: controller.url, file: statusFile, log, clock });
  let protocol: AgentProtocol | null = null;

  /** How long it was connected. */
  async function attempt(): Promise<number> {
    let credentials: Credentials;
    try {
      credentials = await readCredentials(controller);
    } catch (error) {
      const { message, hint = 'Give the agent access to it.' } = toAppError(error);
      status.disconnected({ reason: message, message, hint });
      return 0;
    }
    if (closing.signal.aborted) return 0;
    const connection = openConversation(options, {
      credentials,
      closing: closing.signal,
      onWelcome: () => status.connected(),
    });
    protocol = connection.protocol;
    const { reason, connectedMs } = await connection.ended;
    protocol = null;
    if (!closing.signal.aborted) status.disconnected(reason);
    return connectedMs;
  }

  async function stayConnected(): Promise<void> {
    for (let failed = 0; !closing.signal.aborted; ) {
      const pause = backOff({ failed, connectedMs: await attempt() }, random());
      failed = pause.failed;
      await clock.wait(pause.delayMs, closing.signal).catch(() => undefined);
    }
  }

  const ended = stayConnected().catch((error: unknown) => log.error({ err: error }, 'the uplink has ended'));
  return {
    announce: (upgrade) => protocol?.announce(upgrade),
    sendState: (upgrade) => protocol?.sendState(upgrade),
    sendReport: () => protocol?.sendReport(),
    async close() {
      closing.abort(new Error('the agent ends'));
      await ended;
      await status.written();
    },
  };
}

interface Conversation {
  protocol: AgentProtocol;
  /** Why it ended, and how long it was connected. */
  ended: Promise<{ reason: DisconnectReason; connectedMs: number }>;
}

/** One connection from its first packet to its end. */
function openConversation(
  { controller, port, log, clock, limits = connectionLimits }: UplinkOptions,
  { credentials, closing, onWelcome }: { credentials: Credentials; closing: AbortSignal; onWelcome: () => void },
): Conversation {
  const url = `${controller.url}${agentPath}`;
  const connection = connectController({ url, ...credentials, limits }, (text) => protocol.receive(text));
  const waiting = new AbortController();
  let welcomeAtMs: number | null = null;
  const protocol = createAgentProtocol({
    port,
    send: async (frame) => connection.send(encodeFrame(frame)),
    close(code, reason) {
      log.warn({ code }, `closing the connection, because the controller sent an invalid frame: ${reason}`);
      connection.close(code, reason);
    },
    onWelcome() {
      waiting.abort();
      welcomeAtMs = clock.monotonicMs();
      onWelcome();
    },
    onError: (error, about) => log.warn({ err: error }, about),
  });
  const closeConnection = () => connection.close(closeCodes.goingAway, 'the agent ends');
  closing.addEventListener('abort', closeConnection);
  const greet = async () => {
    await connection.opened;
    await protocol.greet();
    await clock.wait(limits.openMs, waiting.signal);
    connection.cut(reasonOfSilence(limits.openMs, 'a welcome'));
  };
  greet().catch(() => undefined); // The welcome has arrived, or the connection has ended.
  const ended = connection.ended.then((reason) => {
    closing.removeEventListener('abort', closeConnection);
    waiting.abort();
    protocol.end();
    return { reason, connectedMs: welcomeAtMs === null ? 0 : clock.monotonicMs() - welcomeAtMs };
  });
  return { protocol, ended };
}
