// A queued or running upgrade in the agent's memory. Only its methods change it.
import { once } from 'node:events';
import type { WaitingState } from '../../shared/wire/protocol.js';
import type { Journal } from '../store/journal.js';
import { endedError, whyNotCancellable } from './cancel.js';

export interface ActiveUpgradeOptions {
  id: string;
  tenant: string;
  /** Absent for an upgrade that already runs. */
  queued?: {
    /** Resolves when the acceptance is on the disk. */
    accepted: Promise<void>;
    /** Ends it as cancelled. Throws AppError `io` where no journal can be made; it then stays queued. */
    cancel: () => Promise<void>;
    /** Puts a cancel on the disk while there is no journal yet. Throws AppError `io`. */
    keepCancel: (asked: AskedForce) => Promise<void>;
  };
  /** A cancel that an agent before this one answered: the journal begins or continues with it. */
  cancel?: AskedForce | undefined;
}

interface AskedForce {
  force: boolean;
}

export class ActiveUpgrade {
  readonly id: string;
  readonly tenant: string;
  /** Resolves when the acceptance is on the disk. */
  readonly accepted: Promise<void>;
  /** Resolves when it has begun, or has ended before it began. */
  readonly begun: Promise<void>;
  /** Aborted when it begins: `begun` follows. */
  readonly #beginning = new AbortController();
  readonly #cancelQueued: () => Promise<void>;
  /** Null for one without a place in the queue: its journal exists. */
  readonly #keepCancel: ((asked: AskedForce) => Promise<void>) | null;
  #state: 'queued' | 'running';
  #journal: Journal | null = null;
  /** The latest attempt to take it out of the queue. */
  #starting: Promise<void> = Promise.resolve();
  /** A cancel that arrived during planning. */
  #cancel: AskedForce | null;
  /** Its journal began with that. */
  #beganCancelled = false;

  constructor({ id, tenant, queued, cancel }: ActiveUpgradeOptions) {
    this.id = id;
    this.tenant = tenant;
    this.accepted = queued?.accepted ?? Promise.resolve();
    this.#cancelQueued = queued?.cancel ?? (async () => {});
    this.#keepCancel = queued?.keepCancel ?? null;
    this.#cancel = cancel ?? null;
    this.#state = queued === undefined ? 'running' : 'queued';
    this.begun = once(this.#beginning.signal, 'abort').then(() => undefined);
  }

  /** `running` as soon as it has left the queue; its journal comes later. */
  get state(): 'queued' | 'running' {
    return this.#state;
  }

  /** How far it is while it has not begun; null once it has. */
  get waiting(): WaitingState | null {
    if (this.#beginning.signal.aborted || this.#keepCancel === null) return null;
    return this.#state === 'queued' ? 'queued' : 'checking';
  }

  /** Null unless it runs. */
  get journal(): Journal | null {
    return this.#journal;
  }

  /**
   * Takes it out of the queue: makes its journal, then runs that. A second call waits for the first and then does
   * nothing. Where the first could make no journal, it rejects, the upgrade is queued again, and the second call tries.
   */
  async leaveQueue(makeJournal: () => Promise<Journal>, run: (journal: Journal) => Promise<void>): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== this.#starting; ) {
      seen = this.#starting;
      await seen.catch(() => undefined);
    }
    if (this.#state !== 'queued') return;
    this.#state = 'running';
    this.#starting = this.#makeAndRun(makeJournal, run);
    return this.#starting;
  }

  async #makeAndRun(makeJournal: () => Promise<Journal>, run: (journal: Journal) => Promise<void>): Promise<void> {
    const journal = await makeJournal().catch((error: unknown) => {
      this.#state = 'queued';
      throw error;
    });
    return run(journal);
  }

  /** Sets it to running; a cancel that arrived before takes effect now. May be called again. */
  begin(journal: Journal): void {
    if (this.#journal === journal) return;
    this.#state = 'running';
    this.#journal = journal;
    const cancel = this.#cancel;
    const counts = cancel !== null && whyNotCancellable(this.tenant, journal, cancel.force) === null;
    if (counts) journal.append({ type: 'cancel', ...cancel });
    this.#beganCancelled = counts;
    this.#beginning.abort();
  }

  /**
   * Requests its end; it is rolled back first. Resolves when that is on the disk. Throws AppError `nothing-to-do` or
   * `not-cancellable` where a cancel has no effect now, and `io` where the cancel cannot be written. May be called again.
   */
  async cancel(asked: AskedForce): Promise<void> {
    if (this.#journal === null && this.#state === 'queued') return this.#cancelQueued();
    if (this.#journal === null && this.#keepCancel !== null) {
      await this.#cancelPlanned(asked, this.#keepCancel);
      if (!this.#beginning.signal.aborted) return;
      // It has begun meanwhile, with this cancel in its journal, or is refused.
      if (this.#beganCancelled) return this.journal?.sync();
    }
    // Its journal is being opened, or was made meanwhile.
    await this.begun;
    const journal = this.#journal;
    if (journal === null) throw endedError(this.tenant);
    const obstacle = whyNotCancellable(this.tenant, journal, asked.force);
    if (obstacle !== null) throw obstacle;
    journal.append({ type: 'cancel', force: asked.force });
    await journal.sync();
  }

  /** From the call on it can only begin with the cancel, however late that is on the disk. */
  async #cancelPlanned({ force }: AskedForce, keep: (asked: AskedForce) => Promise<void>): Promise<void> {
    const before = this.#cancel;
    const asked = { force: force || before?.force === true };
    this.#cancel = asked;
    await keep(asked).catch((error: unknown) => {
      if (this.#beginning.signal.aborted) return;
      if (this.#cancel === asked) this.#cancel = before;
      throw error;
    });
  }

  /** Closes its journal, because it has ended or cannot continue now. May be called again. */
  end(): void {
    this.#beginning.abort();
    this.#journal?.close();
    this.#journal = null;
  }
}
