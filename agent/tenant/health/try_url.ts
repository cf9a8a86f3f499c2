// One try of a health check by URL: healthy is a 2xx answer without a redirect.
import { excerpt, excerptLength } from './excerpt.js';
import type { Try } from './try.js';
import { errnoOf } from '../../../shared/os/errno.js';

/** The time limit of an answer. */
const answerWithinMs = 5000;

/** Throws only the signal's reason. Redirects are not followed: a login page does not prove health. */
export async function tryUrl(
  url: string,
  { signal, timeLimitMs }: { signal: AbortSignal; timeLimitMs: number },
): Promise<Try> {
  const withinMs = Math.min(answerWithinMs, Math.ceil(timeLimitMs));
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
      // A kept-alive connection leads to the process of this try; after a restart it would fail the next try.
      headers: { connection: 'close' },
    });
    if (response.ok) {
      await response.body?.cancel();
      return { healthy: true };
    }
    const status = `answered ${response.status} ${response.statusText}`.trim();
    const location = response.headers.get('location');
    if (location !== null) await response.body?.cancel();
    const rest = location === null ? await readStart(response) : `to ${location}, which is not followed`;
    return { healthy: false, reason: rest === '' ? status : `${status}: ${rest}` };
  } catch (error) {
    signal.throwIfAborted();
    return { healthy: false, reason: explainFetchError(error, withinMs) };
  }
}

/** The start of the body; the rest is not read. */
async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= excerptLength * 4) break;
  }
  return excerpt(Buffer.concat(chunks));
}

const plainWords: Record<string, string> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: 'the connection was closed without an answer',
  UND_ERR_SOCKET: 'the connection was closed without an answer',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the host',
};

/** The message of fetch is always "fetch failed"; the reason is in the cause. */
function explainFetchError(error: unknown, withinMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${withinMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = errnoOf(cause) ?? '';
  return plainWords[code] ?? `${error.message}: ${cause.message || code}`;
}
