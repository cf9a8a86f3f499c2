// What the operations of the scheduler share.
import type { Log } from '../../shared/os/log.js';
import type { RunQueued } from '../../shared/os/work_queue.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import type { QueuePlaces } from '../store/queue.js';
import type { RequestKeys } from '../store/request_keys.js';
import type { Tombstones } from '../store/tombstones.js';
import type { Host } from '../upgrade/host.js';
import type { ActiveUpgrades } from './active_upgrades.js';
import type { RequestLimits } from './request_limits.js';

export interface SchedulerContext {
  host: Host;
  log: Log;
  actives: ActiveUpgrades;
  tombstones: Tombstones;
  keys: RequestKeys;
  limits: RequestLimits;
  places: QueuePlaces;
  /** Queues work. At most `max_concurrent` works of the host run at the same time. */
  runQueued: RunQueued;
  /** Called with the id of an accepted upgrade: when it is on the disk, and when it leaves the queue. */
  onWaiting: (id: string) => void;
  /** Throws AppError `unknown-tenant`, or `config` for a tenant whose file is broken. */
  findTenant: (slug: string) => TenantConfig;
}
