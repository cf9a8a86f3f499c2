// Requests that wait for an agent's answer. They end with the connection; a request that must outlive it is an order.
import { AppError } from '../../shared/errors.js';
import type { Answer } from '../fleet/agent_connections.js';

export interface Requests {
  /** Resolves with the answer. Throws AppError `offline` when the host disconnects; rejects when `signal` aborts. */
  wait(host: string, requestId: string, signal: AbortSignal): Promise<Answer>;
  settle(host: string, answer: Answer): void;
  /** The host has disconnected: rejects its requests. */
  abandon(host: string): void;
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** Starts without requests. */
export function createRequests(): Requests {
  const byHost = new Map<string, Map<string, Waiting>>();
  const take = (host: string, requestId: string) => {
    const waiting = byHost.get(host)?.get(requestId);
    byHost.get(host)?.delete(requestId);
    return waiting;
  };
  return {
    wait(host, requestId, signal) {
      return new Promise((resolve, reject) => {
        const give = () => take(host, requestId)?.reject(signal.reason);
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', give, { once: true });
        const waiting = byHost.get(host) ?? new Map<string, Waiting>();
        byHost.set(host, waiting);
        const stop = () => signal.removeEventListener('abort', give);
        waiting.set(requestId, {
          resolve(answer) {
            stop();
            resolve(answer);
          },
          reject(error) {
            stop();
            reject(error);
          },
        });
      });
    },
    settle: (host, answer) => take(host, answer.request_id)?.resolve(answer),
    abandon(host) {
      const waiting = byHost.get(host);
      byHost.delete(host);
      for (const { reject } of waiting?.values() ?? []) {
        reject(
          new AppError('offline', `${host} disconnected before it answered`, {
            hint: 'Ask again when it is connected.',
          }),
        );
      }
    },
  };
}
