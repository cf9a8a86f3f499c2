// Answers to what is no HTTP request, or too slow a one: there is no route and no reply yet, only a socket.
import type { Socket } from 'node:net';
import { AppError } from '../../shared/errors.js';
import { problemType, toProblem } from './problem.js';

const explanations: Readonly<Record<string, AppError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new AppError('too-slow', 'the request did not arrive in time', {
    hint: 'Send its headers within 10 s, and all of it within 30 s.',
  }),
  HPE_HEADER_OVERFLOW: new AppError('headers-too-large', 'the headers are larger than 16 KiB', {
    hint: 'Send fewer or shorter headers.',
  }),
};
const otherwise = new AppError('usage', 'this is no HTTP request', { hint: 'Is it TLS that is spoken to plain HTTP?' });

/** Answers with a problem where the socket still takes one, and closes it. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const problem = toProblem(explanations[error.code ?? ''] ?? otherwise);
    const body = JSON.stringify(problem);
    const head = [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      `Content-Type: ${problemType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}
