// One agent's session: handles its frames in order, from its proof of who it is on. A protocol error closes only this
// session.
import { AppError, toAppError } from '../../shared/errors.js';
import { closeWebSocket, frameText, isOpen, type RawData, type WebSocket } from '../../shared/wire/websocket.js';
import {
  closeCodes,
  encodeFrame,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
  type WaitingState,
} from '../../shared/wire/protocol.js';
import type { Report } from '../../shared/model/report/report.js';
import type { ReportChanges } from '../../shared/model/report/report_changes.js';
import { controllerLimits } from '../limits.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { refuseVersion, type Admission, type Claim, type Refused } from './admission.js';
import type { Conduct } from './conduct.js';
import type { FrameQueue } from './frame_queue.js';
import { mergeReports } from './merge_reports.js';
import { noteWaiting } from './note_waiting.js';
import { findForeignVersion, parseFrame } from './parse_frame.js';
import { createReportIntake } from './report_intake.js';
import { createSocketFlow } from './socket_flow.js';
import { createStreamIntake } from './stream_intake.js';
import type { Failures } from '../auth/failures.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import type { Requests } from './requests.js';

/** Registers the session under its host name; returns why not, or null. */
export type Register = (claim: Claim) => Promise<Refused | null>;

export interface AgentSessionOptions {
  socket: WebSocket;
  events: AgentEvents;
  requests: Requests;
  clock: Clock;
  log: Log;
  /** Of all agents. */
  frames: FrameQueue;
  conduct: Conduct;
  /** Of those who try to join. */
  failures: Failures;
  /** Where the connection comes from. */
  address: string;
  admission: Admission;
  /** Called once the peer has proved who it is. */
  onAdmit: () => void;
  /** Called when the session is being closed; it may last a little yet. */
  onRefuse: () => void;
  register: Register;
  /** Ends the host's sessions with any other key than this. */
  endOthers: (host: string, key: string) => void;
}

export interface AgentSession {
  /** Null until it is welcome. */
  host(): string | null;
  /** How far the host says that an upgrade is which has not begun; null where it has not said. */
  stateOf(upgrade: string): WaitingState | null;
  /** The frame may be encoded already. */
  send(frame: ControllerFrame | string): void;
  close(code: number, reason: string): void;
  /** Ends it at once, without a close frame. May be called again. */
  end(): void;
}

/** Asks the peer at the other end of `socket` who it is, and serves it until that closes. */
// oxlint-disable-next-line max-lines-per-function -- the closures over one socket are the session's methods
export function createAgentSession(options: AgentSessionOptions): AgentSession {
  const { socket, events, requests, clock, log, conduct, admission } = options;
  const challenge = admission.challenge();
  let host: string | null = null;
  /** It has sent its first frame. */
  let hasSpoken = false;
  /** The name for its conduct: its host, and where it is. */
  let agent: string | null = null;
  let isOver = false;
  const waiting = new Map<string, WaitingState>();

  const session: AgentSession = {
    host: () => host,
    stateOf: (upgrade) => waiting.get(upgrade) ?? null,
    send(frame) {
      socket.send(typeof frame === 'string' ? frame : encodeFrame(frame));
      if (socket.bufferedAmount > controllerLimits.unsentToAgent.max) drop('it reads too slowly');
    },
    close(code, reason) {
      stop();
      options.onRefuse();
      closeWebSocket(socket, { code, reason });
    },
    end() {
      stop();
      socket.terminate();
    },
  };

  function stop(): void {
    isOver = true;
    inbox.end();
    reports.end();
  }

  function drop(why: string): void {
    log.warn({ host, why }, 'an agent was dropped');
    session.end();
  }

  function fail(thrown: unknown): void {
    if (isOver) return;
    const isTheirs = thrown instanceof AppError && thrown.code === 'protocol';
    const what = isTheirs ? 'an agent broke the protocol' : 'the frame of an agent could not be stored';
    log.warn({ host, agent, err: thrown }, what);
    if (!isTheirs) {
      return session.close(closeCodes.tryAgainLater, `the frame was not stored: ${toAppError(thrown).code}`);
    }
    if (agent !== null) conduct.blame(agent);
    session.close(closeCodes.policyViolation, thrown.message);
  }

  const flow = createSocketFlow(socket);
  const intake = createStreamIntake({
    flow,
    events,
    log,
    send: (frame) => session.send(frame),
    fail,
    onCaughtUp: (name) => (isOver ? undefined : events.caughtUp(name)),
  });
  const store = async (report: Report | ReportChanges) => (host === null ? undefined : events.report(host, report));
  const reports = createReportIntake({ clock, store, merge: mergeReports, fail });
  let hasReported = false;

  function refuse({ code, reason }: Refused): void {
    log.warn({ host, from: options.address, reason }, 'refused an agent');
    session.close(code, reason);
  }

  async function greet(hello: AgentFrameOf<'hello'>): Promise<void> {
    const admitted = await admission.greet(hello, challenge.nonce);
    if ('code' in admitted) return refuse(admitted);
    agent = `${admitted.host} at ${options.address}`;
    const waitMs = conduct.findWaitMs(agent);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      return session.close(closeCodes.tryAgainLater, `it broke the protocol again and again; wait ${seconds} s`);
    }
    options.onAdmit();
    const refused = await options.register(admitted);
    if (refused !== null) return refuse(refused);
    await events.connect({ ...hello, host: admitted.host }, admitted.version);
    // After it is registered: what ends the key from now on closes its connection.
    const ended = await admission.findKeyRefusal(admitted.key);
    if (ended !== null) return refuse(ended);
    if (!isOpen(socket)) return;
    host = admitted.host;
    session.send({ type: 'welcome', version: admitted.version, host });
    await events.welcome(host);
  }

  /** What an enrolment that failed is told: to wait, where too many from there did. */
  function judgeFailure(refused: Refused): Refused {
    const waitS = options.failures.note(options.address);
    if (waitS === 0) return refused;
    return {
      code: closeCodes.tryAgainLater,
      reason: `too many enrolments of ${options.address} failed; wait ${waitS} s`,
    };
  }

  /** A host joins, or takes a new key. The connection is for that alone. */
  async function changeKey(wish: AgentFrameOf<'enroll'> | AgentFrameOf<'rotate'>): Promise<void> {
    const from = { nonce: challenge.nonce, address: options.address };
    const changed = await (wish.type === 'enroll' ? admission.enroll(wish, from) : admission.rotate(wish, from));
    if ('code' in changed) return refuse(wish.type === 'enroll' ? judgeFailure(changed) : changed);
    options.endOthers(changed.host, changed.key);
    if (!isOpen(socket)) return;
    session.send(changed.answer);
    session.close(closeCodes.done, changed.answer.type);
  }

  function handleFirst(frame: AgentFrame): Promise<void> {
    hasSpoken = true;
    if (frame.type === 'hello') return greet(frame);
    if (frame.type === 'enroll' || frame.type === 'rotate') return changeKey(frame);
    throw new AppError('protocol', `a frame ${frame.type} before the welcome`);
  }

  function handle(frame: AgentFrame, bytes: number): Promise<void> | void {
    if (!hasSpoken) return handleFirst(frame);
    if (host === null) throw new AppError('protocol', `a frame ${frame.type} before the welcome`);
    switch (frame.type) {
      case 'hello':
      case 'enroll':
      case 'rotate':
        throw new AppError('protocol', `a second ${frame.type}`);
      case 'report':
        hasReported = true;
        return reports.take(frame);
      case 'report_changes':
        if (!hasReported) throw new AppError('protocol', 'changes of a report before the report');
        return reports.take(frame);
      case 'streams':
        return intake.announce(host, frame);
      case 'stream':
        return intake.store(host, frame, bytes);
      case 'state':
        return noteWaiting(waiting, frame);
      case 'planned':
        return events.planned(host, frame);
      case 'plan_result':
        return requests.settle(host, frame);
      default:
        requests.settle(host, frame);
        return events.answer(host, frame);
    }
  }

  function handleData(data: RawData): Promise<void> | void {
    if (isOver) return;
    try {
      const text = frameText(data);
      const foreign = hasSpoken ? null : findForeignVersion(text);
      if (foreign !== null) return refuse(refuseVersion(foreign));
      return handle(parseFrame(text), text.length)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  const inbox = options.frames.open({ flow, handle: handleData });
  socket.on('message', (data) => inbox.push(data));
  socket.on('error', (error) => {
    log.warn({ host, err: error }, 'an agent’s connection failed');
    // The library has closed it: over the size limit, or no WebSocket frame.
    if (agent !== null && 'code' in error && String(error.code).startsWith('WS_ERR')) conduct.blame(agent);
  });
  // What a stranger said that is gone is not worth checking; a host's last frames are stored.
  socket.once('close', () => {
    if (host === null) stop();
  });
  session.send(challenge);
  return session;
}
