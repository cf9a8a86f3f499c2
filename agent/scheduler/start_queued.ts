// The turn of an accepted upgrade: it begins then, or is withdrawn before.
import type { Log } from '../../shared/os/log.js';
import type { ActiveUpgrade } from './active_upgrade.js';
import { beginUpgrade, endQueued, hasEnded, type Beginning } from '../upgrade/begin_upgrade.js';
import type { Host } from '../upgrade/host.js';
import type { Journal } from '../store/journal.js';
import { removeQueued } from '../store/queue.js';
import { unwritable } from '../store/state_folder.js';
import { retryUntilDone } from './retry_until_done.js';

export interface QueuedStart extends Pick<Beginning, 'request' | 'admit'> {
  host: Host;
  log: Log;
  activity: ActiveUpgrade;
  /** Carries it out, and ends the activity. */
  drive: (journal: Journal) => Promise<void>;
}

/** What is to be done when its turn comes; until then the activity can be withdrawn. */
export function prepareStart({ host, log, activity, request, admit, drive }: QueuedStart): () => Promise<void> {
  const { state } = host;
  const { id, tenant } = activity;
  let withdrawal = Promise.resolve();

  async function withdraw(): Promise<void> {
    activity.state = 'running';
    await activity.accepted;
    const journal = await endQueued({ host, id, tenant, request }).catch((error: unknown) => {
      activity.state = 'queued';
      throw unwritable(state.upgrades, error);
    });
    return driveBegun(journal);
  }

  async function driveBegun(journal: Journal): Promise<void> {
    // Not before the journal is on the disk, or both could be lost. The next agent tidies what a failing disk keeps.
    const written = journal.sync().then(() => removeQueued(state, id));
    await written.catch(() => undefined);
    if (activity.cancel !== null && !hasEnded(journal)) journal.append({ type: 'cancel', ...activity.cancel });
    return drive(journal);
  }

  activity.cancelQueued = () => {
    withdrawal = withdraw();
    return withdrawal;
  };
  return async () => {
    await activity.accepted;
    for (let seen: Promise<void> | null = null; seen !== withdrawal; ) {
      seen = withdrawal;
      await seen.catch(() => undefined);
    }
    if (activity.state !== 'queued') return;
    activity.state = 'running';
    const journal = await retryUntilDone({ host, log, id }, () => beginUpgrade({ host, id, tenant, request, admit }));
    return driveBegun(journal);
  };
}
