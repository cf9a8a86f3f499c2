// What the stream of an upgrade waits for: where its order is, or a controller that is not reachable.
import type { AppError } from '../../shared/errors.js';
import { toAppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Waiting } from '../../shared/terminal/operations.js';
import type { Upgrade } from '../../shared/wire/api.js';
import type { Client } from '../client/create_client.js';
import { explainDelivery } from './explain_delivery.js';

const pauseMs = 2000;

interface Watching {
  client: Pick<Client, 'findUpgrade'>;
  id: string;
  clock: Clock;
  signal: AbortSignal;
}

/** Asks for the upgrade every two seconds until it has ended or `signal` aborts. Errors are for the stream's reader to raise. */
export async function watchDelivery(
  { client, id, clock, signal }: Watching,
  onSeen: (upgrade: Upgrade) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const upgrade = await client.findUpgrade(id);
      if (signal.aborted) return;
      onSeen(upgrade);
      if (upgrade.delivery.state === 'ended') return;
    } catch (error) {
      if (toAppError(error).code !== 'unreachable') return;
    }
    await clock.wait(pauseMs, signal).catch(() => undefined);
  }
}

export interface WaitingReport {
  showDelivery: (upgrade: Upgrade) => void;
  /** The controller is not reachable, or with null is reachable again. */
  showContact: (lost: AppError | null) => void;
  /** An item has arrived. */
  noteItem: () => void;
}

/** Reports one reason at a time: a lost controller first, then the delivery of the order. */
export function createWaitingReport(onWaiting: (waiting: Waiting | null) => void): WaitingReport {
  let delivery: Waiting | null = null;
  let lost: Waiting | null = null;
  let hasItems = false;
  const report = () => onWaiting(lost ?? delivery);
  return {
    showDelivery(upgrade) {
      // An answer from before the first item says what is over by now.
      const isStale = hasItems && ['pending', 'queued', 'checking'].includes(upgrade.delivery.state);
      delivery = isStale ? null : explainDelivery(upgrade);
      report();
    },
    showContact(error) {
      lost = error === null ? null : { text: `${error.message}; trying again`, isLong: true };
      report();
    },
    noteItem() {
      if (hasItems) return;
      hasItems = true;
      delivery = null;
      report();
    },
  };
}
