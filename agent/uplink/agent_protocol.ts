// The agent's side of the protocol with a controller: its proof, reports, streams and requests. It uses no socket, host or
// timer, and little memory, so that thousands of simulated agents fit into one process.
import {
  closeCodes,
  controllerFrameSchema,
  maxStreams,
  protocolVersion,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
  type WaitingState,
} from '../../shared/wire/protocol.js';
import type { Report } from '../../shared/model/report/report.js';
import { createClientSession, type ClientSessionOptions, type SessionScheduler } from '../session/client_session.js';
import type { OpenStream } from '../session/send_stream.js';
import type { StreamHead } from '../store/stream/stream_heads.js';
import { createPendingWork } from './pending_work.js';
import type { Challenge, HostProof } from './prove_host.js';
import { createReportSender, type ReportSender } from './report_sender.js';
import { createOutgoingStreams } from './outgoing_streams.js';
import { parseJson } from '../../shared/json.js';
import { createWakeUp } from '../../shared/os/notifier.js';

/** The host that the protocol serves: a real or a simulated one. */
export interface AgentPort {
  hello(): Pick<AgentFrameOf<'hello'>, 'agent_version' | 'at'>;
  report(): Promise<Report>;
  /** Every upgrade that the host keeps, with the number of its durable events. */
  listStreams(): Promise<StreamHead[]>;
  /** The same for one upgrade; null where it is not kept. */
  readStream(upgrade: string): Promise<StreamHead | null>;
  /** The accepted upgrades that have not begun. */
  listWaiting(): { upgrade: string; state: WaitingState }[];
  isActive(upgrade: string): boolean;
  openStream: OpenStream;
  upgrades: SessionScheduler;
}

export interface AgentProtocol {
  /** Handles one message. An invalid frame closes the connection. */
  receive(text: string): void;
  /** An upgrade has begun, or continues after its end (a rollback). */
  announce(upgrade: string): void;
  /** Sends how far an accepted upgrade is that has not begun. */
  sendState(upgrade: string): void;
  /** Sends what has changed of the report. */
  sendReport(): void;
  /**
   * Resolves when all that was asked for is answered, and every announced upgrade that began on this connection is sent.
   * Stays pending where the controller does not ask for one.
   */
  flush(): Promise<void>;
  /** Ends all streams; nothing is sent after it. */
  end(): void;
}

export interface AgentProtocolOptions {
  port: AgentPort;
  /** Resolves when the socket has taken the frame; the wait delays only the frame's own stream. */
  send: (frame: AgentFrame) => Promise<void>;
  /** Closes the connection. */
  close: (code: number, reason: string) => void;
  /** Proves who the host is; null to a controller to which it proves nothing: then it has ended the connection. */
  prove: (challenge: Challenge) => HostProof | null;
  onWelcome: () => void;
  /** An error that answers no request; the connection stays open. */
  onError: (error: unknown, about: string) => void;
}

/** The agent's side of one connection, from its opening to its end. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createAgentProtocol(options: AgentProtocolOptions): AgentProtocol {
  const { port, close, prove, onWelcome, onError } = options;
  const ending = new AbortController();
  const { signal } = ending;
  /** Only these are sent: what a controller asks for beyond them costs neither memory nor a line of the log. */
  const announced = new Set<string>();
  const send = async (frame: AgentFrame) => {
    if (signal.aborted) return;
    if (frame.type === 'streams') for (const { upgrade } of frame.streams) announced.add(upgrade);
    await options.send(frame);
  };
  /** Errors after the end of the connection are ignored: the end caused them. */
  const run = (work: Promise<unknown>, about: string) => {
    const done = work.catch((error: unknown) => (signal.aborted ? undefined : onError(error, about)));
    works.add(done);
  };
  const works = createPendingWork();
  /** Upgrades that the controller has still to ask for. */
  const unasked = new Set<string>();
  const asked = createWakeUp();
  const announce = (upgrade: string) => {
    if (!streams.has(upgrade)) unasked.add(upgrade);
    run(sendHead({ port, send }, upgrade), `${upgrade} could not be announced`);
  };
  const streams = createOutgoingStreams({
    openStream: port.openStream,
    send,
    signal,
    isActive: (upgrade) => port.isActive(upgrade),
    onError(upgrade, error) {
      onError(error, `the stream of ${upgrade} could not be sent`);
      run(send({ type: 'streams', streams: [{ upgrade, events: 0 }] }), `${upgrade} could not be taken back`);
    },
    onRenewed: announce,
  });
  const sendStreams: ClientSessionOptions['sendStreams'] = async (positions) => {
    for (const { upgrade } of positions) unasked.delete(upgrade);
    streams.send(positions.filter(({ upgrade }) => announced.has(upgrade)));
    asked.notify();
  };
  const session = createClientSession({ by: 'controller', upgrades: port.upgrades, send, sendStreams, signal });
  const reports = createReportSender({ report: () => port.report(), send });
  let isWelcome = false;
  let isChallenged = false;

  /** Takes a frame; returns why the connection must be closed, or null. */
  function handle(frame: ControllerFrame): string | null {
    if (frame.type === 'challenge') return answer(frame);
    if (frame.type === 'enrolled' || frame.type === 'rotated') return `${frame.type}, which was not asked for`;
    if (frame.type !== 'welcome' && !isWelcome) return `${frame.type} before welcome`;
    if (frame.type !== 'welcome') {
      run(session.handle(frame), `a frame ${frame.type} could not be handled`);
      return null;
    }
    if (isWelcome) return 'a second welcome';
    if (!isChallenged) return 'a welcome before the challenge';
    if (frame.version !== protocolVersion) return `version ${frame.version} was not offered`;
    isWelcome = true;
    onWelcome();
    run(introduce({ port, send, reports }), 'the host could not be introduced');
    return null;
  }

  function answer(challenge: Challenge): string | null {
    if (isChallenged) return 'a second challenge';
    isChallenged = true;
    const proof = prove(challenge);
    if (proof !== null) run(send({ type: 'hello', ...proof, ...port.hello() }), 'the controller could not be greeted');
    return null;
  }

  return {
    receive(text) {
      if (signal.aborted) return;
      const frame = parseFrame(text);
      const refusal = typeof frame === 'string' ? frame : handle(frame);
      if (refusal === null) return;
      ending.abort(new Error(refusal));
      close(closeCodes.policyViolation, refusal);
    },
    announce(upgrade) {
      if (!isWelcome) return;
      streams.renew(upgrade);
      announce(upgrade);
    },
    sendState(upgrade) {
      if (!isWelcome) return;
      const waiting = port.listWaiting().find((candidate) => candidate.upgrade === upgrade);
      if (waiting !== undefined) run(send({ type: 'state', ...waiting }), `the state of ${upgrade} could not be sent`);
    },
    sendReport() {
      if (isWelcome) run(reports.send(), 'the report could not be sent');
    },
    async flush() {
      for (;;) {
        await works.idle();
        await streams.idle();
        if (!works.isIdle()) continue;
        if (unasked.size === 0) return;
        await asked.next();
      }
    },
    end: () => ending.abort(new Error('the connection has ended')),
  };
}

type Introducing = Pick<AgentProtocolOptions, 'port' | 'send'>;

/** What waits, then the report, then every upgrade that the host keeps. */
async function introduce({ port, send, reports }: Introducing & { reports: ReportSender }): Promise<void> {
  for (const waiting of port.listWaiting()) await send({ type: 'state', ...waiting });
  await reports.send();
  const heads = await port.listStreams();
  for (let start = 0; start < heads.length || start === 0; start += maxStreams) {
    const isLast = start + maxStreams >= heads.length;
    await send({ type: 'streams', streams: heads.slice(start, start + maxStreams), is_last: isLast });
  }
}

async function sendHead({ port, send }: Introducing, upgrade: string): Promise<void> {
  const head = await port.readStream(upgrade);
  if (head !== null) await send({ type: 'streams', streams: [head] });
}

/** The frame, or its problem, short enough for a close frame. */
function parseFrame(text: string): ControllerFrame | string {
  const value = parseJson(text);
  if (value === undefined) return 'not JSON';
  const parsed = controllerFrameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const reason = `not a frame of this protocol: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  return reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
