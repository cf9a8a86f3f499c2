// The controller's real HTTP server on a free port, over a fleet that the test controls.
import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { createHttp, type HttpOptions } from '../../../controller/http/create_http.js';
import { systemClock } from '../../../shared/os/clock.js';
import type { Log } from '../../../shared/os/log.js';
import { createMemoryFleet, type MemoryFleet } from './memory_fleet.js';

export const token = 'drover_0123456789abcdef0123456789abcdef';

type Asking = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

export interface Served {
  url: string;
  port: number;
  fleet: MemoryFleet;
  /** Node's own. */
  server: Server;
  /** Every line of the log, as it would be written. */
  logged: string[];
  /** A request with the token. */
  ask: (path: string, init?: Asking) => Promise<Response>;
  close: () => Promise<void>;
}

export async function serve(
  options: Partial<HttpOptions> & { fleet?: MemoryFleet; port?: number } = {},
): Promise<Served> {
  const { fleet = createMemoryFleet(), port = 0, ...others } = options;
  const logged: string[] = [];
  const write = (fields: object, message: string) => {
    const line = JSON.stringify(fields, (_key, value) => (value instanceof Error ? value.message : value));
    logged.push(`${message} ${line}`);
  };
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const app = await createHttp({
    fleet,
    log,
    token,
    clock: systemClock,
    isReady: () => true,
    version: '1.2.3',
    ...others,
  });
  const url = await app.listen({ host: '127.0.0.1', port });
  onTestFinished(() => app.close());
  return {
    url,
    port: Number(new URL(url).port),
    fleet,
    server: app.server,
    logged,
    ask: (path, { headers, ...init } = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}`, ...headers } }),
    close: () => app.close(),
  };
}
