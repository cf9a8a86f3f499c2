// A controller without its API for a test: store, fleet and link behind a server on loopback.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Fleet } from '../../../controller/fleet/fleet.js';
import type { Actor } from '../../../controller/store/access.js';
import { createCore, type Core } from '../../../controller/program/core.js';
import { linkLimits } from '../../../controller/link/peers.js';
import { systemClock, type Clock } from '../../../shared/os/clock.js';
import type { Door } from '../../../shared/wire/door.js';
import { makeId } from '../../../shared/os/ids.js';
import { collectLog, type CollectedLog } from '../collect_log.js';

export interface ControllerRig {
  core: Core;
  /** As somebody sees it who may do everything. */
  fleet: Fleet;
  /** Where agents connect to. */
  url: string;
  /** With it any number of new hosts join. */
  joinToken: string;
  storeFile: string;
  log: CollectedLog;
  /** `keepStore` keeps the store for a later rig, whose `close` removes it. */
  close(options?: { keepStore?: boolean }): Promise<void>;
}

/** Who asks in tests. */
export const tester: Actor = { token: 'tester', name: 'tester', address: null, reason: null };

/** By store: a later controller on it knows the token of the first one. */
const joinTokens = new Map<string, string>();

async function makeJoinToken({ joining }: Core): Promise<string> {
  const wish = { hosts: null, uses: 10_000, expires_in_s: 86_400 };
  return (await joining.makeToken(wish, tester)).token;
}

/** Starts it. Defaults: a new `storeFile`, a free `port`, the system's `clock`. */
export async function startRig(
  options: { storeFile?: string; port?: number; limits?: Partial<typeof linkLimits>; clock?: Clock; door?: Door } = {},
): Promise<ControllerRig> {
  const storeFile = options.storeFile ?? path.join(mkdtempSync(path.join(tmpdir(), 'drover-rig-')), 'controller.db');
  const { clock = systemClock, door } = options;
  const log = collectLog();
  const limits = { ...linkLimits, ...options.limits };
  const core = createCore({
    storeFile,
    clock,
    makeId,
    randomBytes,
    log,
    limits,
    ...(door === undefined ? {} : { door }),
    // Hosts dial proxies, too.
    isOwnAuthority: (authority) => authority.startsWith('127.0.0.1:'),
    agentUrl: () => url,
  });
  const server = http.createServer();
  core.link.attach(server);
  core.start();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `ws://127.0.0.1:${port}`;
  const joinToken = joinTokens.get(storeFile) ?? (await makeJoinToken(core));
  joinTokens.set(storeFile, joinToken);
  return {
    core,
    fleet: core.fleetFor({ scope: null, actor: tester }),
    url,
    joinToken,
    storeFile,
    log,
    async close({ keepStore = false } = {}) {
      await core.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (!keepStore) rmSync(path.dirname(storeFile), { recursive: true, force: true });
    },
  };
}
