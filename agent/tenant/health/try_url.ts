// One try of a health check by URL: healthy is a 2xx answer without a redirect.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { errnoOf } from '../../../shared/os/errno.js';
import { excerpt, excerptLength } from './excerpt.js';
import type { Try } from './try.js';

/** The time limit of an answer. */
const answerWithinMs = 5000;

/**
 * Throws only the signal's reason. Any port may be asked; a name and a password in the URL are sent as Basic
 * authentication. Redirects are not followed: a login page does not prove health.
 */
export async function tryUrl(
  url: string,
  { signal, timeLimitMs }: { signal: AbortSignal; timeLimitMs: number },
): Promise<Try> {
  const withinMs = Math.min(answerWithinMs, Math.ceil(timeLimitMs));
  const limit = AbortSignal.timeout(withinMs);
  try {
    const response = await request(url, AbortSignal.any([signal, limit]));
    try {
      return await judge(response);
    } finally {
      response.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    return { healthy: false, reason: limit.aborted ? `no answer within ${withinMs / 1000} s` : explainError(error) };
  }
}

/** The URL without the name and the password in it, for messages. */
export function showUrl(url: string): string {
  const shown = new URL(url);
  if (shown.username === '' && shown.password === '') return url;
  shown.username = '';
  shown.password = '';
  return shown.href;
}

function request(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request: send } = url.startsWith('https:') ? https : http;
    // A kept-alive connection leads to the process of this try; after a restart it would fail the next try.
    const options = { agent: false, signal, headers: { connection: 'close', accept: '*/*', 'user-agent': 'drover' } };
    send(new URL(url), options, resolve).on('error', reject).end();
  });
}

async function judge(response: IncomingMessage): Promise<Try> {
  const { statusCode = 0, statusMessage = '', headers } = response;
  if (statusCode >= 200 && statusCode < 300) return { healthy: true };
  if (headers.location !== undefined) {
    const target = excerpt(Buffer.from(headers.location, 'latin1'));
    return { healthy: false, reason: `answered ${statusCode} → ${target}, which is not followed` };
  }
  const status = excerpt(Buffer.from(`answered ${statusCode} ${statusMessage}`, 'latin1'));
  const rest = await readStart(response);
  return { healthy: false, reason: rest === '' ? status : `${status}: ${rest}` };
}

/** The start of the body; the rest is not read. */
async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    sizeBytes += bytes.length;
    if (sizeBytes >= excerptLength * 4) break;
  }
  return excerpt(Buffer.concat(chunks));
}

const closed = 'the connection was closed without an answer';
const plainWords: Record<string, string> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: closed,
  EPIPE: closed,
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the host',
  EPROTO: 'that port does not speak TLS: use http://',
};

function explainError(error: unknown): string {
  const code = errnoOf(error) ?? '';
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith('HPE_')) return `the answer is not HTTP: ${message}`;
  return plainWords[code] ?? (message === '' ? code : message);
}
