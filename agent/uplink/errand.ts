// A short connection to a controller, to join it or to tell it a new key: its challenge, one frame, the answer.
import { AppError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import type { Clock } from '../../shared/os/clock.js';
import {
  agentPath,
  closeCodes,
  controllerFrameSchema,
  encodeFrame,
  type AgentFrameOf,
  type ControllerFrameOf,
} from '../../shared/wire/protocol.js';
import { connectController, type ConnectionLimits } from './controller_connection.js';
import type { DisconnectReason } from './disconnect_reason.js';
import type { Challenge } from './prove_host.js';
import type { Proxy } from './proxy.js';

export interface Errand {
  /** Without the path. */
  url: string;
  /** PEM; undefined for the system's CAs. */
  ca: string | undefined;
  /** An HTTP proxy between here and the controller; undefined for none. */
  proxy: Proxy | undefined;
  limits: ConnectionLimits;
  clock: Pick<Clock, 'wait'>;
  /** The frame to send; it resolves once what the frame says is durable here. */
  answer: (challenge: Challenge) => Promise<AgentFrameOf<'enroll' | 'rotate'>>;
}

type Answered = ControllerFrameOf<'enrolled' | 'rotated'>;

/** True where the controller has refused to enrol this very key: it does not have it. */
export function isEnrolmentRefusal(error: unknown): boolean {
  return error instanceof AppError && error.details['close'] === closeCodes.enrolment;
}

/** Resolves with the controller's answer. Throws AppError: `forbidden` where it refuses, `unreachable`, or of `answer`. */
export function runErrand({ url, ca, proxy, limits, clock, answer }: Errand): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    let isAsked = false;
    /** Settles once the connection has ended: nothing of it is left then. */
    const end = (settle: () => void) => {
      if (over.signal.aborted) return;
      over.abort(new Error('it is over'));
      connection.close(closeCodes.done, 'done');
      void connection.ended.then(settle);
    };
    const fail = (error: unknown) => end(() => reject(error));
    const connection = connectController({ url: `${url}${agentPath}`, ca, proxy, limits }, (text) => {
      const { data: frame } = controllerFrameSchema.safeParse(parseJson(text));
      if (isAsked && (frame?.type === 'enrolled' || frame?.type === 'rotated')) return end(() => resolve(frame));
      if (isAsked || frame?.type !== 'challenge') return fail(notUnderstood(url));
      isAsked = true;
      answer(frame)
        .then((reply) => connection.send(encodeFrame(reply)))
        .catch(fail);
    });
    void connection.ended.then((reason) => fail(toError(reason)));
    const tooLate = () => fail(new AppError('unreachable', `${url}: no answer in time`, { hint: tryAgain }));
    clock.wait(2 * limits.openMs, over.signal).then(tooLate, () => undefined);
  });
}

const tryAgain = 'Try again: it goes on with the same key.';

function notUnderstood(url: string): AppError {
  return new AppError('protocol', `${url}: what answers there is no controller of this version`, {
    hint: 'Check the URL, and that the controller is no older than this agent.',
  });
}

function toError({ code, message, hint }: DisconnectReason): AppError {
  const refusals: readonly (number | undefined)[] = [
    closeCodes.enrolment,
    closeCodes.key,
    closeCodes.address,
    closeCodes.version,
  ];
  return new AppError(refusals.includes(code) ? 'forbidden' : 'unreachable', message, {
    hint,
    details: { close: code },
  });
}
