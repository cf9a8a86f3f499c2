// An upgrade that is queued or under way, as the agent holds it in memory.
import { AppError } from '../../shared/errors.js';
import type { Journal } from './journal.js';

export interface Activity {
  id: string;
  tenant: string;
  state: 'queued' | 'running';
  /** There once the upgrade has begun. */
  journal: Journal | null;
  /** Resolves when it has begun, or has ended without. */
  begun: Promise<void>;
  markBegun(): void;
}

/** An activity that has not begun. */
export function createActivity(id: string, tenant: string, state: Activity['state']): Activity {
  const bell = new AbortController();
  const begun = new Promise<void>((resolve) => {
    bell.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return { id, tenant, state, journal: null, begun, markBegun: () => bell.abort() };
}

/** Why no other upgrade of that tenant may begin. */
export function busyError({ id, tenant, state }: Activity): AppError {
  return new AppError('busy', `${tenant} has an upgrade already (${id}, ${state})`, {
    hint:
      state === 'queued'
        ? 'It waits for another upgrade on this host to end.'
        : `\`drover-agent logs ${tenant} --follow\` watches it, \`drover-agent cancel ${tenant}\` ends it.`,
  });
}
