// Answers a malformed or slow HTTP request. It has only a socket: no route, no reply.
import type { Socket } from 'node:net';
import { AppError } from '../../shared/errors.js';
import { problemType, toProblem } from './problem.js';

const explanations: Readonly<Record<string, AppError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new AppError('too-slow', 'the request did not arrive in time', {
    hint: 'Send all of it within 10 s.',
  }),
  HPE_HEADER_OVERFLOW: new AppError('headers-too-large', 'the headers are larger than 16 KiB', {
    hint: 'Send fewer or shorter headers.',
  }),
};
const otherwise = new AppError('usage', 'this is no valid HTTP request', {
  hint: 'Check that the client speaks HTTP, and TLS only where the controller does.',
});

/** Answers with a problem if the socket is still writable, and closes it. */
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
