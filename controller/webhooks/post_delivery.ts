// One attempt: posts a body to an address that was checked, and says how that ended. It follows no redirect.
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { AppError, toAppError } from '../../shared/errors.js';
import { findConnectionFault } from '../../shared/wire/connection_fault.js';
import { controllerLimits } from '../limits.js';
import { hostOfUrl } from './resolve_target.js';

export interface Posting {
  url: URL;
  /** What `url` was resolved to. */
  address: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Aborts where the controller ends, or the time is over. */
  signal: AbortSignal;
}

/** The HTTP status. Rejects with AppError `unreachable` where there was none, or with the reason of `signal`. */
export async function postDelivery({ url, address, headers, body, signal }: Posting): Promise<number> {
  const host = hostOfUrl(url);
  const isSecure = url.protocol === 'https:';
  const options = {
    method: 'POST',
    host: address,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
    // The certificate is that of the name, whatever was dialled.
    ...(isSecure ? { servername: isIP(host) === 0 ? host : '' } : {}),
    maxHeaderSize: controllerLimits.headers.max,
    agent: false,
    signal,
  } as const;
  return new Promise((resolve, reject) => {
    const request = isSecure ? https.request(options) : http.request(options);
    request.on('error', (error) => reject(signal.aborted ? signal.reason : explain(error)));
    request.on('response', (response) => {
      const { statusCode = 0 } = response;
      // The status is the answer. Who sends it is let finish, up to a limit.
      response.once('close', () => resolve(statusCode));
      response.on('error', () => undefined);
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > controllerLimits.webhookAnswer.max) response.destroy();
      });
    });
    request.end(body);
  });
}

function explain(error: Error): AppError {
  const message = findConnectionFault(error)?.message ?? toAppError(error).message;
  return new AppError('unreachable', message, { cause: error });
}
