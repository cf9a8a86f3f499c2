// The controller's real HTTP server on a free port, over a fleet that the test controls.
import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { createHttp, type HttpOptions } from '../../../controller/http/create_http.js';
import { systemClock } from '../../../shared/os/clock.js';
import type { Log } from '../../../shared/os/log.js';
import { createMemoryFleet, type MemoryFleet } from './memory_fleet.js';

export const token = 'drover_0123456789abcdef0123456789abcdef';

type Asking = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** A served API whose fleet the test has. */
export interface Served extends Api {
  fleet: MemoryFleet;
}

export interface Api {
  url: string;
  port: number;
  /** Node's own. */
  server: Server;
  /** Every line of the log, as it would be written. */
  logged: string[];
  /** A request with the token. */
  ask: (path: string, init?: Asking) => Promise<Response>;
  close: () => Promise<void>;
}

type ServeOptions = Partial<HttpOptions> & { fleet?: MemoryFleet; port?: number };

/** Serves until the test has finished. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const { fleet = createMemoryFleet(), ...others } = options;
  const served = await startApi({ ...others, fleet });
  onTestFinished(() => served.close());
  return { ...served, fleet };
}

/** Serves until `close`. */
export async function startApi(options: Omit<ServeOptions, 'fleet'> & Pick<HttpOptions, 'fleet'>): Promise<Api> {
  const { fleet, port = 0, ...others } = options;
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
  return {
    url,
    port: Number(new URL(url).port),
    server: app.server,
    logged,
    ask: (path, { headers, ...init } = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}`, ...headers } }),
    close: () => app.close(),
  };
}
