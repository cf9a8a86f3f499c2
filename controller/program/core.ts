// The controller without its API: store, fleet and link, wired together.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Door } from '../../shared/wire/door.js';
import { createAccess, type Access } from '../auth/access.js';
import type { Proxies } from '../auth/proxies.js';
import { createTokenEnds, type TokenEnds } from '../auth/token_ends.js';
import { createJoining, type Joining } from '../auth/joining.js';
import { createFleet } from '../fleet/create_fleet.js';
import { createDelivery } from '../fleet/deliver.js';
import type { FleetFor } from '../fleet/fleet.js';
import { startHousekeeping } from '../fleet/housekeeping.js';
import { createAgentEvents } from '../fleet/agent_events.js';
import { createHostPresence } from '../fleet/host_presence.js';
import { createNotifier, type Notifier } from '../../shared/os/notifier.js';
import type { AgentConnections } from '../fleet/agent_connections.js';
import type { FreezesFor } from '../rollout/freezes.js';
import type { RolloutsFor } from '../rollout/rollouts.js';
import { createRolloutParts } from '../rollout/rollout_parts.js';
import { createLink, type Link } from '../link/link.js';
import type { linkLimits } from '../link/peers.js';
import type { AuditEntry } from '../store/access.js';
import type { Store } from '../store/port.js';
import { openStore } from '../store/sqlite/open_store.js';

export interface CoreOptions {
  storeFile: string;
  /** True for a host and port by which agents may dial this controller. */
  isOwnAuthority: (authority: string) => boolean;
  /** What hosts dial. */
  agentUrl: () => string;
  clock: Clock;
  makeId: () => string;
  randomBytes: (bytes: number) => Buffer;
  log: Log;
  limits?: typeof linkLimits;
  /** How long the streams of ended upgrades are kept; forever without it. */
  keepLogsMs?: number;
  /** After which time away webhooks are told that a host is offline; a minute without it. */
  offlineAfterMs?: number;
  /** The door that the link shares with the API; without it the link makes one. */
  door?: Door;
  /** The proxies that agents come through; none without it. */
  proxies?: Proxies;
}

export interface Core {
  fleetFor: FleetFor;
  rolloutsFor: RolloutsFor;
  freezesFor: FreezesFor;
  access: Access;
  tokenEnds: TokenEnds;
  joining: Joining;
  link: Link;
  store: Store;
  /** Of upgrades, and of deliveries to webhooks, by their ids. */
  notifier: Notifier;
  /** Lets rollouts and fleet plans go on. */
  start(): void;
  close(): Promise<void>;
}

/** Opens the store. Throws AppError `config` for a store that a newer version has written. */
export function createCore(options: CoreOptions): Core {
  const { storeFile, isOwnAuthority, randomBytes, clock, makeId, log, limits, door } = options;
  const notifier = createNotifier();
  const told = { notify: (key: string) => notifier.notify(key), onChange: createChangeLog(log) };
  const store = openStore(storeFile, { clock, ...told });
  const tokenEnds = createTokenEnds(clock);
  const connections: AgentConnections = {
    isConnected: (host) => link.isConnected(host),
    stateOf: (host, upgrade) => link.stateOf(host, upgrade),
    send: (host, frame) => link.send(host, frame),
    request: (host, frame, signal) => link.request(host, frame, signal),
  };
  const delivery = createDelivery({ store, connections, clock });
  const { offlineAfterMs = 60_000 } = options;
  const presence = createHostPresence({ store, clock, offlineAfterMs });
  const rollouts = createRolloutParts({ store, connections, delivery, notifier, clock, makeId, log });
  const events = createAgentEvents({ store, delivery, presence, notifier, clock, log, ...rollouts.events });
  const link = createLink({
    events,
    joins: store.joins,
    randomBytes,
    isOwnAuthority,
    clock,
    log,
    door,
    proxies: options.proxies,
    ...(limits === undefined ? {} : { limits }),
  });
  const fleetFor = createFleet({ store, connections, delivery, notifier, clock, makeId });
  const times = { lookEveryMs: Math.min(15_000, offlineAfterMs / 4), keepLogsMs: options.keepLogsMs ?? null };
  const housekeeping = startHousekeeping({ store, notifier, clock, log, presence, ...times });
  return {
    fleetFor,
    rolloutsFor: rollouts.rolloutsFor,
    freezesFor: rollouts.freezesFor,
    access: createAccess({ store, clock, makeId, randomBytes, tokenEnds }),
    tokenEnds,
    joining: createJoining({
      joins: store.joins,
      clock,
      makeId,
      randomBytes,
      agentUrl: options.agentUrl,
      endHost: (host, why) => link.endHost(host, why),
    }),
    link,
    store,
    notifier,
    start: () => rollouts.start(),
    async close() {
      housekeeping.stop();
      await rollouts.stop();
      await link.close();
      await store.close();
    },
  };
}

/** The audit log has each change; the process log has it, too, also where the store gets lost, and whatever is answered. */
function createChangeLog(log: Log) {
  return ({ token: _token, at: _at, name, ...change }: AuditEntry) => log.info({ by: name, ...change }, 'a change');
}
