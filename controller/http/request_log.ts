// A line in the log for each request, when its answer has gone or whoever asked has.
import type { FastifyReply, FastifyRequest } from './fastify.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { pathOf } from '../auth/guard.js';

/** Logs a request once, when its answer has been sent or its sender has disconnected. */
export function logRequest(
  { method, url }: FastifyRequest,
  { raw }: FastifyReply,
  { log, clock }: { log: Log; clock: Clock },
): void {
  const begunMs = clock.monotonicMs();
  // Never the query: what stands there may be a secret.
  const path = pathOf(url);
  raw.once('close', () => {
    const ms = Math.round(clock.monotonicMs() - begunMs);
    log.info({ method, path, status: raw.statusCode, ms, ...(raw.writableFinished ? {} : { cut: true }) }, 'request');
  });
}
