// Answers a request that failed with its problem. Who fails to authenticate again and again is told to wait.
import { AppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { Failures } from '../auth/failures.js';
import { pathOf } from '../auth/guard.js';
import { controllerLimits } from '../limits.js';
import type { FastifyReply, FastifyRequest } from './fastify.js';
import { explainThrown, problemType, toProblem } from './problem.js';

export interface ErrorAnswers {
  log: Log;
  failures: Failures;
  /** True for a request that came with a token that was good. */
  isTrusted: (request: FastifyRequest) => boolean;
  addressOf: (request: FastifyRequest) => string;
}

/** Answers `thrown`, whatever it is. */
export function createErrorAnswers({ log, failures, isTrusted, addressOf }: ErrorAnswers) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = explainThrown(thrown);
    const { method, url } = request;
    if (error.httpStatus === 500) log.error({ err: thrown, method, path: pathOf(url) }, 'a request failed');
    // A token that ends while its request runs is no guess.
    if (error.code !== 'unauthorized' || isTrusted(request)) return answer(reply, error);
    const address = addressOf(request);
    const waitS = failures.note(address);
    if (waitS > 0) return answer(reply.header('retry-after', waitS), tooOften(error, address, waitS));
    return answer(reply.header('www-authenticate', 'Bearer'), error);
  };
}

const answer = (reply: FastifyReply, error: AppError) =>
  reply.status(error.httpStatus).type(problemType).send(toProblem(error));

function tooOften({ message }: AppError, address: string, waitS: number): AppError {
  const { max } = controllerLimits.failures;
  return new AppError('too-often', `${message}; over ${max} requests of ${address} in a minute had no good token`, {
    hint: `Send none for ${waitS} s; one with a good token is served at once.`,
  });
}
