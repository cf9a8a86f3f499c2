// The controller as a whole: store, fleet, link and API, wired together, for `drover-controller run`.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import { takeLock } from '../../shared/os/lock.js';
import { makeTrustedFolder } from '../../shared/os/trusted/folder.js';
import type { Log } from '../../shared/os/log.js';
import type { ControllerConfig } from './controller_config.js';
import { createAuthorityCheck, findAgentUrl } from './authorities.js';
import { createCore, type Core } from './core.js';
import { createMetrics } from '../http/metrics.js';
import { createStoreProbe } from '../http/store_probe.js';
import { listenBacklog } from '../http/listen_backlog.js';
import { createHttp } from '../http/create_http.js';
import { startRunNumber } from './run_number.js';
import { openTls, type Tls } from './tls.js';
import { createProxies } from '../auth/proxies.js';
import { createAddressRules } from '../webhooks/address_rules.js';
import { createWebhooks } from '../webhooks/create_webhooks.js';
import { resolveName } from '../webhooks/resolve_target.js';
import { openDoor } from '../auth/open_door.js';
import { hasErrno } from '../../shared/os/errno.js';

export interface RunningController {
  /** Where it listens. */
  url: string;
  /** Resolves when the controller has lost its lock and must end. */
  lost: Promise<void>;
  /** Closes the connections of agents and operators, then the store. */
  stop(): Promise<void>;
}

export interface ControllerOptions {
  config: ControllerConfig;
  log: Log;
  clock: Clock;
  makeId: () => string;
  version: string;
}

/** Throws AppError `config` for a newer store, `busy` for a port or a folder that is in use. */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { data_dir: folder } = options.config;
  await makeTrustedFolder(folder, { newMode: 0o700 });
  const lock = await takeLock(path.join(folder, 'controller.lock'), {
    taken: `another controller runs on ${folder}`,
    hint: 'Stop that controller first, or set another `data_dir`: two controllers would corrupt the store.',
  });
  let tls: Tls | null = null;
  try {
    tls = await openTlsOf(options);
    const { url, stop } = await start(options, tls);
    return {
      url,
      lost: lock.lost,
      async stop() {
        try {
          await stop();
        } finally {
          await release();
        }
      },
    };
  } catch (error) {
    await release();
    throw error;
  }

  async function release(): Promise<void> {
    await tls?.close();
    await lock.release();
  }
}

async function openTlsOf({ config, clock, log }: ControllerOptions): Promise<Tls | null> {
  const { tls: files, source } = config;
  return files === undefined ? null : openTls({ files, source, clock, log });
}

function createWebhooksOf({ config, clock, log, makeId, version }: ControllerOptions, { store, notifier }: Core) {
  const rules = createAddressRules(config.webhooks.allow);
  const common = { store: store.webhooks, notifier, clock, log, makeId, version, randomBytes, random: Math.random };
  return createWebhooks({ ...common, rules, resolve: resolveName });
}

// oxlint-disable-next-line max-lines-per-function -- one list: the parts, what each is given, and their end
async function start(options: ControllerOptions, tls: Tls | null): Promise<Pick<RunningController, 'url' | 'stop'>> {
  const { config, log, clock, makeId, version } = options;
  // With port 0 the system chooses the port, which is known once it listens.
  let listening = config.url;
  let isOwnAuthority = createAuthorityCheck(config, listening);
  const proxies = createProxies(config.trusted_proxies);
  const door = openDoor(
    () => clock.monotonicMs(),
    (address) => proxies.isProxy(address),
  );
  const core = createCore({
    storeFile: path.join(config.data_dir, 'controller.db'),
    isOwnAuthority: (authority) => isOwnAuthority(authority),
    agentUrl: () => findAgentUrl(config, listening),
    clock,
    makeId,
    randomBytes,
    log,
    keepLogsMs: config.keep.logs,
    offlineAfterMs: config.webhooks.offline_after,
    door,
    proxies,
  });
  const webhooks = createWebhooksOf(options, core);
  let isReady = true;
  const http = await createHttp({
    fleetFor: core.fleetFor,
    rolloutsFor: core.rolloutsFor,
    freezesFor: core.freezesFor,
    access: core.access,
    webhooks,
    tokenEnds: core.tokenEnds,
    proxies,
    joining: core.joining,
    tokens: core.store.tokens,
    log,
    clock,
    version,
    isReady: () => isReady,
    probeStore: createStoreProbe(() => core.store.probe(), clock),
    metrics: createMetrics({
      readCounts: () => core.store.readCounts(),
      countConnected: () => core.link.count(),
      version,
    }),
    door,
    ...(tls === null ? {} : { makeServer: tls.makeServer }),
  });
  core.link.attach(http.server);
  try {
    const runNumber = await startRunNumber({ folder: config.data_dir, store: core.store, log });
    core.start();
    const plain = await http.listen({ host: config.host, port: config.port, backlog: listenBacklog });
    const url = tls === null ? plain : plain.replace(/^http:/, 'https:');
    listening = url;
    isOwnAuthority = createAuthorityCheck(config, listening);
    await webhooks.start();
    log.info({ url }, 'the controller is ready');
    return {
      url,
      async stop() {
        isReady = false;
        // `http.close` waits for all connections, those of agents included.
        await core.link.close();
        await http.close();
        await webhooks.close();
        await runNumber.stop();
        await core.close();
      },
    };
  } catch (error) {
    await webhooks.close();
    await core.close();
    throw explainListen(error, config);
  }
}

/** The error of a port that is in use says so. */
function explainListen(error: unknown, { host, port }: Pick<ControllerConfig, 'host' | 'port'>): unknown {
  if (!hasErrno(error, 'EADDRINUSE')) return error;
  return new AppError('busy', `${host}:${port} is in use by another process`, {
    cause: error,
    hint: `Set another port in \`listen\`; \`ss -tlnp 'sport = :${port}'\` shows the process that uses this one.`,
  });
}
