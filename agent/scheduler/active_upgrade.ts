// An upgrade that is queued or under way, as the agent holds it in memory. Its methods alone change it.
import { once } from 'node:events';
import type { Journal } from '../store/journal.js';
import { whyNotCancellable } from './cancel.js';

export interface ActiveUpgradeOptions {
  id: string;
  tenant: string;
  /** Absent for one that runs already. */
  queued?: {
    /** Resolves when it is written down that it was accepted. */
    accepted: Promise<void>;
    /** Ends it as cancelled. Throws AppError `io` where there can be no journal; it then stays queued. */
    cancel: () => Promise<void>;
  };
}

export class ActiveUpgrade {
  readonly id: string;
  readonly tenant: string;
  /** Resolves when it is written down that it was accepted. */
  readonly accepted: Promise<void>;
  /** Resolves when it has begun, or has ended without. */
  readonly begun: Promise<void>;
  /** Aborted when it begins: `begun` follows. */
  readonly #beginning = new AbortController();
  readonly #cancelQueued: () => Promise<void>;
  #state: 'queued' | 'running';
  #journal: Journal | null = null;
  /** The latest attempt to take it out of the queue. */
  #leaving: Promise<void> = Promise.resolve();
  /** Asked for while it was being planned. */
  #cancel: { force: boolean } | null = null;

  constructor({ id, tenant, queued }: ActiveUpgradeOptions) {
    this.id = id;
    this.tenant = tenant;
    this.accepted = queued?.accepted ?? Promise.resolve();
    this.#cancelQueued = queued?.cancel ?? (async () => {});
    this.#state = queued === undefined ? 'running' : 'queued';
    this.begun = once(this.#beginning.signal, 'abort').then(() => undefined);
  }

  /** `running` as soon as it has left the queue; its journal comes later. */
  get state(): 'queued' | 'running' {
    return this.#state;
  }

  /** There while it runs. */
  get journal(): Journal | null {
    return this.#journal;
  }

  /**
   * Takes it out of the queue: makes its journal, then runs that. Of two calls the second waits for the first, and does
   * nothing unless the first could make no journal: the first rejects then, and the upgrade is queued again.
   */
  async leaveQueue(makeJournal: () => Promise<Journal>, run: (journal: Journal) => Promise<void>): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== this.#leaving; ) {
      seen = this.#leaving;
      await seen.catch(() => undefined);
    }
    if (this.#state !== 'queued') return;
    this.#state = 'running';
    this.#leaving = this.#makeAndRun(makeJournal, run);
    return this.#leaving;
  }

  async #makeAndRun(makeJournal: () => Promise<Journal>, run: (journal: Journal) => Promise<void>): Promise<void> {
    const journal = await makeJournal().catch((error: unknown) => {
      this.#state = 'queued';
      throw error;
    });
    return run(journal);
  }

  /** It runs from here on; a cancel that was asked for before counts now. */
  begin(journal: Journal): void {
    this.#state = 'running';
    this.#journal = journal;
    const cancel = this.#cancel;
    const counts = cancel !== null && whyNotCancellable(this.tenant, journal, cancel.force) === null;
    if (counts) journal.append({ type: 'cancel', ...cancel });
    this.#beginning.abort();
  }

  /**
   * Asks it to end; it is rolled back by then. Throws AppError `nothing-to-do` or `not-cancellable` where that would do
   * nothing now, and `io` where it cannot be written down. May be called again.
   */
  async cancel(asked: { force: boolean }): Promise<void> {
    if (this.#journal === null && this.#state === 'queued') return this.#cancelQueued();
    if (this.#journal === null) {
      this.#cancel = asked;
      return;
    }
    const obstacle = whyNotCancellable(this.tenant, this.#journal, asked.force);
    if (obstacle !== null) throw obstacle;
    this.#journal.append({ type: 'cancel', force: asked.force });
    await this.#journal.sync();
  }

  /** It is over, or nothing can be done for it now; its journal is closed. May be called again. */
  end(): void {
    this.#beginning.abort();
    this.#journal?.close();
    this.#journal = null;
  }
}
