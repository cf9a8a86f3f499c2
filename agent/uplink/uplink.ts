// The agent's connection to its controller. The agent connects again, with pauses, whenever it is lost.
import type { Clock } from '../../shared/os/clock.js';
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import { agentPath, closeCodes, encodeFrame } from '../../shared/wire/protocol.js';
import { findAuthority } from '../../shared/wire/host_proof.js';
import { readIdentity, type Membership } from '../store/identity.js';
import {
  reasonOfNewKey,
  reasonOfOtherController,
  reasonOfSilence,
  type DisconnectReason,
} from './disconnect_reason.js';
import { backOff } from './reconnect_pause.js';
import { connectController, connectionLimits, type ConnectionLimits } from './controller_connection.js';
import { readCredentials, type CredentialFiles, type Credentials } from './credentials.js';
import { proveHost } from './prove_host.js';
import { createConnectionStatus } from './connection_status.js';
import { createAgentProtocol, type AgentPort, type AgentProtocol } from './agent_protocol.js';

export interface Uplink {
  /** An upgrade has begun, or continues after its end (a rollback). */
  announce(upgrade: string): void;
  /** Sends how far an accepted upgrade is that has not begun. */
  sendState(upgrade: string): void;
  /** Sends what has changed of the report. */
  sendReport(): void;
  /** The key of this host has changed: connects at once where that makes a difference. May be called in vain. */
  noteIdentity(): void;
  /**
   * Sends what is left to send, then closes the connection and does not connect again. `settled`: when no more is to come.
   * Whatever is not sent within two seconds is left to the next agent.
   */
  close(settled?: Promise<void>): Promise<void>;
}

export interface UplinkOptions extends CredentialFiles {
  port: AgentPort;
  /** This process, as no other is called. */
  instance: string;
  /** The status file for `drover-agent status`. */
  statusFile: string;
  log: Log;
  clock: Clock;
  /** In [0, 1), for the pauses between attempts. */
  random: () => number;
  limits?: ConnectionLimits;
}

/** How long an agent that ends still sends. */
const flushMs = 2000;

/** Begins to connect, and connects again until `close`. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function startUplink(options: UplinkOptions): Uplink {
  const { controller, statusFile, log, clock, random } = options;
  const closing = new AbortController();
  const status = createConnectionStatus({ url: controller?.url ?? null, file: statusFile, log, clock });
  let connection: Conversation | null = null;
  /** Ends the present pause. */
  let hurry: (() => void) | null = null;
  /** The key has changed since it was read for the last attempt. */
  let isChanged = false;
  /** Which of the host's keys is tried: the controller may know the next one already. */
  let turn = 0;

  /** How long it was connected. */
  async function attempt(): Promise<number> {
    let credentials: Credentials;
    isChanged = false;
    try {
      credentials = await readCredentials(options);
    } catch (error) {
      const { message, hint = 'Give the agent access to it.' } = toAppError(error);
      status.disconnected({ reason: message, message, hint });
      return 0;
    }
    // What has changed while it was read is read again.
    if (closing.signal.aborted || isChanged) return 0;
    const { keys, ...way } = credentials;
    status.dial({ url: way.url, proxy: way.proxy?.url ?? null });
    connection = openConversation(options, {
      ...way,
      member: keys[turn % keys.length] ?? keys[0],
      closing: closing.signal,
      onWelcome: () => status.connected(),
    });
    const { reason, connectedMs } = await connection.ended;
    connection = null;
    if (reason.code === closeCodes.key) turn += 1;
    if (!closing.signal.aborted) status.disconnected(reason);
    return connectedMs;
  }

  async function stayConnected(): Promise<void> {
    for (let failed = 0; !closing.signal.aborted; ) {
      const pause = backOff({ failed, connectedMs: await attempt() }, random());
      failed = pause.failed;
      const hurrying = new AbortController();
      hurry = () => hurrying.abort(new Error('the key has changed'));
      const over = AbortSignal.any([closing.signal, hurrying.signal]);
      if (!isChanged) await clock.wait(pause.delayMs, over).catch(() => undefined);
      hurry = null;
      if (isChanged) failed = 0;
    }
  }

  /** A connection goes on as long as its key is one of the host's, and its controller the host's. */
  async function leaveOldKey({ url, key, cut }: Conversation): Promise<void> {
    const identity = await readIdentity(options.identityFile);
    const keys = [identity?.active?.key, identity?.next?.key];
    if (keys.includes(key) && url === (controller?.url ?? identity?.url)) return;
    isChanged = true;
    cut(reasonOfNewKey());
  }

  const ended = stayConnected().catch((error: unknown) => log.error({ err: error }, 'the uplink has ended'));
  return {
    announce: (upgrade) => connection?.protocol.announce(upgrade),
    sendState: (upgrade) => connection?.protocol.sendState(upgrade),
    sendReport: () => connection?.protocol.sendReport(),
    noteIdentity() {
      // What cannot be read is said when it is needed.
      if (connection !== null) {
        leaveOldKey(connection).catch(() => undefined);
        return;
      }
      isChanged = true;
      hurry?.();
    },
    async close(settled = Promise.resolve()) {
      const waiting = new AbortController();
      const sent = settled.then(() => connection?.protocol.flush());
      const late = clock.wait(flushMs, waiting.signal).then(
        () => connection?.cut(reasonOfSilence(flushMs, 'an answer')),
        () => undefined,
      );
      await Promise.race([sent, late]);
      waiting.abort();
      closing.abort(new Error('the agent ends'));
      await ended;
      await status.written();
    },
  };
}

interface Conversation {
  /** Of the controller. */
  url: string;
  /** Who speaks. */
  key: string;
  protocol: AgentProtocol;
  /** Why it ended, and how long it was connected. */
  ended: Promise<{ reason: DisconnectReason; connectedMs: number }>;
  /** Ends it at once, for this reason. */
  cut: (reason: DisconnectReason) => void;
}

interface ConversationWish extends Omit<Credentials, 'keys'> {
  /** Who speaks. */
  member: Membership;
  closing: AbortSignal;
  onWelcome: () => void;
}

/** One connection from its first packet to its end. */
function openConversation(
  { port, instance, log, clock, limits = connectionLimits }: UplinkOptions,
  { url, member, ca, proxy, closing, onWelcome }: ConversationWish,
): Conversation {
  const authority = findAuthority(url);
  const connection = connectController({ url: `${url}${agentPath}`, ca, proxy, limits }, (text) =>
    protocol.receive(text),
  );
  const waiting = new AbortController();
  let welcomeAtMs: number | null = null;
  const protocol = createAgentProtocol({
    port,
    send: async (frame) => connection.send(encodeFrame(frame)),
    close(code, reason) {
      log.warn({ code }, `closing the connection, because the controller sent an invalid frame: ${reason}`);
      connection.close(code, reason);
    },
    prove(challenge) {
      if (challenge.controller === member.controller) return proveHost({ ...member, instance, authority }, challenge);
      connection.cut(reasonOfOtherController(url));
      return null;
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
  return { url, key: member.key, protocol, ended, cut: (reason) => connection.cut(reason) };
}
