// Logs a line for each request.
import type { FastifyReply, FastifyRequest } from './fastify.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { pathOf } from '../auth/guard.js';
import { hideTokens } from '../auth/token.js';

/** No route has a longer path. */
const maxPathLength = 500;

/** Logs the request once, when its response is sent or its client disconnects; `log` is asked then. */
export function logRequest(
  { method, url }: FastifyRequest,
  { raw }: FastifyReply,
  { log, clock }: { log: () => Log; clock: Clock },
): void {
  const begunMs = clock.monotonicMs();
  // Without the query and without tokens.
  const path = hideTokens(pathOf(url))
    .slice(0, maxPathLength)
    .replaceAll(/[^\u0020-\u007e]/g, '?');
  raw.once('close', () => {
    const ms = Math.round(clock.monotonicMs() - begunMs);
    log().info({ method, path, status: raw.statusCode, ms, ...(raw.writableFinished ? {} : { cut: true }) }, 'request');
  });
}
