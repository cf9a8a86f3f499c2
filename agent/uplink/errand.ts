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

export interface Errand {
  /** Without the path. */
  url: string;
  /** PEM; undefined for the system's CAs. */
  ca: string | undefined;
  limits: ConnectionLimits;
  clock: Pick<Clock, 'wait'>;
  /** The frame to send; it resolves once what the frame says is durable here. */
  answer: (challenge: Challenge) => Promise<AgentFrameOf<'enroll' | 'rotate'>>;
}

type Answered = ControllerFrameOf<'enrolled' | 'rotated'>;

/** Resolves with the controller's answer. Throws AppError: `forbidden` where it refuses, `unreachable`, or of `answer`. */
export async function runErrand({ url, ca, limits, clock, answer }: Errand): Promise<Answered> {
  const over = new AbortController();
  const connection = connectController({ url: `${url}${agentPath}`, ca, limits }, (text) => receive(text));
  let isAsked = false;
  let settle: (answered: Answered) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const answered = new Promise<Answered>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });

  function receive(text: string): void {
    const { data: frame } = controllerFrameSchema.safeParse(parseJson(text));
    if (frame?.type === 'enrolled' || frame?.type === 'rotated') return settle(frame);
    if (frame?.type !== 'challenge' || isAsked) {
      return fail(new AppError('protocol', `${url}: it does not answer as a controller of this version does`));
    }
    isAsked = true;
    answer(frame)
      .then((reply) => connection.send(encodeFrame(reply)))
      .catch(fail);
  }

  const limit = clock.wait(2 * limits.openMs, over.signal).then(
    () =>
      fail(
        new AppError('unreachable', `${url}: no answer in time`, { hint: 'Try again: it goes on with the same key.' }),
      ),
    () => undefined,
  );
  void connection.ended.then((reason) => fail(toError(reason)));
  try {
    return await answered;
  } finally {
    over.abort(new Error('it is over'));
    await limit;
    connection.close(closeCodes.done, 'done');
    await connection.ended;
  }
}

function toError({ code, message, hint }: DisconnectReason): AppError {
  const refusals: readonly (number | undefined)[] = [closeCodes.enrolment, closeCodes.key, closeCodes.version];
  return new AppError(refusals.includes(code) ? 'forbidden' : 'unreachable', message, { hint });
}
