// The table of a chaos run's actions.
import type { Action } from './action.js';
import { cancel } from './actions/cancel.js';
import { copyStore } from './actions/copy_store.js';
import { cutLink } from './actions/cut_link.js';
import { fillDisk } from './actions/fill_disk.js';
import { halfOpenLink } from './actions/half_open_link.js';
import { killAgent } from './actions/kill_agent.js';
import { killCommand } from './actions/kill_command.js';
import { killController } from './actions/kill_controller.js';
import { killSupervisor } from './actions/kill_supervisor.js';
import { orderRollback } from './actions/order_rollback.js';
import { orderUpgrade } from './actions/order_upgrade.js';
import { putStoreBack } from './actions/put_store_back.js';
import { startAll } from './actions/start_all.js';

/** Each as often as its weight says. */
export const actions: readonly Action[] = [
  orderUpgrade,
  orderRollback,
  cancel,
  killAgent,
  killController,
  killSupervisor,
  killCommand,
  cutLink,
  halfOpenLink,
  fillDisk,
  copyStore,
  putStoreBack,
  startAll,
].flatMap((action) => Array.from({ length: action.weight }, () => action));
