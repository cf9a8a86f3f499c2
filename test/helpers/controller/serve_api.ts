// The controller's real HTTP server on a free port, over a fleet that the test controls.
import type { AgentConnections } from '../../../controller/fleet/agent_connections.js';
import { createDelivery } from '../../../controller/fleet/deliver.js';
import { createRolloutParts } from '../../../controller/rollout/rollout_parts.js';
import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { randomBytes } from 'node:crypto';
import { createAccess } from '../../../controller/auth/access.js';
import { createProxies } from '../../../controller/auth/proxies.js';
import { createTokenEnds } from '../../../controller/auth/token_ends.js';
import { createJoining } from '../../../controller/auth/joining.js';
import { hashToken } from '../../../controller/auth/token.js';
import type { Fleet } from '../../../controller/fleet/fleet.js';
import { createAddressRules } from '../../../controller/webhooks/address_rules.js';
import { createWebhooks } from '../../../controller/webhooks/create_webhooks.js';
import { resolveName } from '../../../controller/webhooks/resolve_target.js';
import { createMetrics } from '../../../controller/http/metrics.js';
import { createStoreProbe } from '../../../controller/http/store_probe.js';
import { createHttp, type HttpOptions } from '../../../controller/http/create_http.js';
import { openStore } from '../../../controller/store/sqlite/open_store.js';
import { makeId } from '../../../shared/os/ids.js';
import { createNotifier } from '../../../shared/os/notifier.js';
import { systemClock } from '../../../shared/os/clock.js';
import type { Store } from '../../../controller/store/port.js';
import type { Log } from '../../../shared/os/log.js';
import { createMemoryFleet, type MemoryFleet } from './memory_fleet.js';

/** Of an admin, in every served API. */
export const token = 'drover_0123456789abcdef0123456789abcdef0123456789a';

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
type StartOptions = Partial<HttpOptions> & { fleet: Fleet; port?: number };

/** Serves until the test has finished. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const { fleet = createMemoryFleet(), ...others } = options;
  const served = await startApi({ ...others, fleet });
  onTestFinished(() => served.close());
  return { ...served, fleet };
}

/** Serves until `close`. */
export async function startApi(options: StartOptions): Promise<Api> {
  const { fleet, port = 0, ...others } = options;
  const logged: string[] = [];
  const write = (fields: object, message: string) => {
    const line = JSON.stringify(fields, (_key, value) => (value instanceof Error ? value.message : value));
    logged.push(`${message} ${line}`);
  };
  const log: Log = { debug: write, info: write, warn: write, error: write };
  let closing: Promise<void> | null = null;
  const notifier = createNotifier();
  const store = openStore(':memory:', { notify: (webhook) => notifier.notify(webhook) });
  const tokenEnds = options.tokenEnds ?? createTokenEnds(systemClock);
  const webhooks = createWebhooks({
    store: store.webhooks,
    notifier,
    clock: systemClock,
    makeId,
    randomBytes,
    log,
    random: Math.random,
    rules: createAddressRules(['127.0.0.1']),
    resolve: resolveName,
    version: '1.2.3',
  });
  const nobody: AgentConnections = {
    isConnected: () => false,
    stateOf: () => null,
    send: () => false,
    request: () => Promise.reject(new Error('no host is connected')),
  };
  const delivery = createDelivery({ store, connections: nobody, clock: systemClock });
  const rollouts = createRolloutParts({
    store,
    connections: nobody,
    delivery,
    notifier,
    clock: systemClock,
    makeId,
    log,
  });
  await addToken(store);
  await addHost(store);
  await webhooks.start();
  const app = await createHttp({
    fleetFor: () => fleet,
    rolloutsFor: rollouts.rolloutsFor,
    freezesFor: rollouts.freezesFor,
    access: createAccess({ store, clock: systemClock, makeId, randomBytes, tokenEnds }),
    tokenEnds,
    proxies: createProxies([]),
    joining: createJoining({
      joins: store.joins,
      clock: systemClock,
      makeId,
      randomBytes,
      agentUrl: () => 'ws://127.0.0.1',
      endHost: () => undefined,
    }),
    tokens: store.tokens,
    webhooks,
    log,
    clock: systemClock,
    isReady: () => true,
    probeStore: createStoreProbe(() => store.probe(), systemClock),
    metrics: createMetrics({ readCounts: () => store.readCounts(), countConnected: () => 0, version: '1.2.3' }),
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
    close: () =>
      (closing ??= app
        .close()
        .then(() => webhooks.close())
        .then(() => rollouts.stop())
        .then(() => store.close())),
  };
}

/** A join token `one`, with which `h1` has joined. */
async function addHost({ joins }: Store): Promise<void> {
  const at = systemClock.now().toISOString();
  const audit = { at, token: null, name: 'test', address: null, reason: null, tenant: null, host: null, target: null };
  const about = { hosts: null, uses: 2, created_at: at, created_by: null, expires_at: '2099-01-01T00:00:00.000Z' };
  await joins.addToken({ ...about, id: 'one', hash: 'one' }, { ...audit, action: 'join-tokens.create' });
  await joins.enroll({ tokenHash: 'one', host: 'h1', key: 'k', address: '', at });
}

async function addToken(store: Store): Promise<void> {
  const at = systemClock.now().toISOString();
  const about = { id: makeId(), name: 'tester', created_at: at, created_by: null, expires_at: null };
  const audit = { at, token: null, name: 'test', address: null, reason: null, tenant: null, host: null };
  const stored = { ...about, hash: hashToken(token), role: 'admin', scope: null } as const;
  await store.tokens.add(stored, { ...audit, action: 'tokens.create', target: 'tester' });
}
