// An upgrade that is queued or under way, as the agent holds it in memory.
import { AppError } from '../../shared/errors.js';
import type { Journal } from '../store/journal.js';

export interface ActiveUpgrade {
  id: string;
  tenant: string;
  state: 'queued' | 'running';
  /** Ends one that waits for its turn, as cancelled. Throws AppError `io` where there can be no journal: it then waits on. */
  cancelQueued(this: void): Promise<void>;
  /** Asked for while it was being planned; counts once there is a journal. */
  cancel: { force: boolean } | null;
  /** There once the upgrade has begun. */
  journal: Journal | null;
  /** Resolves when it is written down that it was accepted. */
  accepted: Promise<void>;
  /** Resolves when it has begun, or has ended without. */
  begun: Promise<void>;
  markBegun(): void;
}

/** An activity that has not begun. */
export function createActiveUpgrade(
  { id, tenant, state }: Pick<ActiveUpgrade, 'id' | 'tenant' | 'state'>,
  accepted: Promise<void> = Promise.resolve(),
): ActiveUpgrade {
  const bell = new AbortController();
  const begun = new Promise<void>((resolve) => {
    bell.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return {
    id,
    tenant,
    state,
    cancelQueued: async () => {},
    cancel: null,
    journal: null,
    accepted,
    begun,
    markBegun: () => bell.abort(),
  };
}

/** Why no other upgrade of that tenant may begin. */
export function busyError({ id, tenant, state }: ActiveUpgrade): AppError {
  return new AppError('busy', `${tenant} has an upgrade already (${id}, ${state})`, {
    hint:
      state === 'queued'
        ? 'It waits for another upgrade on this host to end.'
        : `\`drover-agent logs ${tenant} --follow\` watches it, \`drover-agent cancel ${tenant}\` ends it.`,
  });
}
