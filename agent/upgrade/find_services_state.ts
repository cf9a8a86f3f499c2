// Looks whether the tenant's services run when its upgrade ends.
import type { ServicesState } from '../../shared/model/result.js';
import type { Journal } from '../store/journal.js';
import type { ReadContext } from '../tenant/site.js';
import type { Finish } from './describe.js';
import type { Features } from './features.js';
import { readMemo, runningBefore } from './memo.js';

/**
 * Null where the upgrade has not come to stop them, and for a tenant without services. After a success and a complete
 * rollback they were started and are healthy; else they are asked. Throws only the signal's reason.
 */
export async function findServicesState(
  {
    features,
    readContext,
    journal,
  }: { features: Pick<Features, 'services'>; readContext: ReadContext; journal: Journal },
  { status, hold }: Finish,
): Promise<ServicesState | null> {
  const { services } = features;
  const before = readMemo(journal.events, runningBefore);
  if (services === null || before === undefined) return null;
  if (before.length === 0) return 'stopped';
  if (hold === null && status !== 'failed') return 'running';
  const now = await services.look(readContext).catch(() => null);
  readContext.signal.throwIfAborted();
  if (now === null) return 'unknown';
  return before.every((name) => now.running.includes(name)) ? 'running' : 'down';
}
