// The queued and running upgrades of this host: at most one per tenant, each in the background.
import { AppError } from '../../shared/errors.js';
import type { EventBody } from '../../shared/model/journal/events.js';
import type { Log } from '../../shared/os/log.js';
import { createNotifier } from '../../shared/os/notifier.js';
import { findUpgrade, type FoundUpgrade } from '../store/find_upgrades.js';
import { openJournal, type Journal } from '../store/journal.js';
import { requireWritable } from '../store/state_folder.js';
import type { Host } from '../upgrade/host.js';
import { runUpgrade } from '../upgrade/run_upgrade.js';
import { ActiveUpgrade } from './active_upgrade.js';
import { logBegin, logEnd } from './log_upgrade.js';
import { retryUntilDone } from './retry_until_done.js';

export interface ActiveUpgradesOptions {
  host: Host;
  log: Log;
  /**
   * Called with the id of an upgrade that has begun, or continues after its end (a rollback); again once its first event
   * is on the disk, if it was not.
   */
  onBegin: (id: string) => void;
  /** Called when an upgrade has ended, or needs an operator. */
  onEnd: (upgrade: FoundUpgrade) => Promise<void>;
}

export class ActiveUpgrades {
  readonly #options: ActiveUpgradesOptions;
  readonly #active = new Map<string, ActiveUpgrade>();
  /** The background work of each upgrade, its cleanup included. */
  readonly #ends = new Map<ActiveUpgrade, Promise<void>>();
  readonly #notifier = createNotifier();
  #ended = 0;

  constructor(options: ActiveUpgradesOptions) {
    this.#options = options;
  }

  list(): readonly ActiveUpgrade[] {
    return [...this.#active.values()];
  }

  find(id: string): ActiveUpgrade | undefined {
    return this.#active.get(id);
  }

  findOf(slug: string): ActiveUpgrade | undefined {
    return this.list().find(({ tenant }) => tenant === slug);
  }

  /** How many have ended, or stopped to wait for an operator, since this agent began. */
  get ended(): number {
    return this.#ended;
  }

  /** True while none is queued or running. */
  areNone(): boolean {
    return this.#active.size === 0;
  }

  /** Resolves at once, or as soon as there are none. Rejects with the signal's reason. */
  async untilNone(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const ends = this.#notifier.subscribe('ended');
    try {
      while (!this.areNone()) await ends.next({ signal });
    } finally {
      ends.close();
    }
  }

  /** Throws AppError `busy` while an upgrade of the tenant is queued or running. */
  requireIdle(slug: string): void {
    const other = this.findOf(slug);
    if (other !== undefined) throw busyError(other);
  }

  /** Runs the work of one upgrade in the background, then forgets the upgrade and resolves. Errors are logged. */
  start(upgrade: ActiveUpgrade, work: () => Promise<void>): Promise<void> {
    const { host, log } = this.#options;
    this.#active.set(upgrade.id, upgrade);
    const ended = work()
      .catch((error: unknown) => {
        if (host.shutdown.aborted) return;
        log.error({ err: error, upgrade: upgrade.id }, 'an upgrade stopped because of an error outside its steps');
      })
      .finally(() => {
        this.#release(upgrade);
        this.#ends.delete(upgrade);
      });
    this.#ends.set(upgrade, ended);
    return ended;
  }

  /** Runs the journal to its end. The tenant is free for the next upgrade before the cleanup of this one. */
  async run(upgrade: ActiveUpgrade, journal: Journal): Promise<void> {
    const { host, log, onBegin } = this.#options;
    upgrade.begin(journal);
    logBegin(log, journal);
    tellBegin(journal, () => onBegin(upgrade.id));
    await retryUntilDone({ host, log, id: upgrade.id }, () => runUpgrade(host, journal));
    await this.#finish(upgrade);
  }

  async #finish(upgrade: ActiveUpgrade): Promise<void> {
    const { host, log, onEnd } = this.#options;
    this.#release(upgrade);
    const ended = findUpgrade(host.state, upgrade.id);
    if (ended === null) return;
    logEnd(log, ended);
    await onEnd(ended);
  }

  /** Forgets one that was not accepted. Its work may still be waiting for its turn. */
  forget(upgrade: ActiveUpgrade): void {
    this.#release(upgrade);
  }

  #release(upgrade: ActiveUpgrade): void {
    upgrade.end();
    // A rollback may have reopened this upgrade during the cleanup.
    if (this.#active.get(upgrade.id) !== upgrade) return;
    this.#active.delete(upgrade.id);
    this.#ended += 1;
    this.#notifier.notify('ended');
  }

  /**
   * Resumes an unfinished upgrade in the background; resolves when it has ended. `cancel` was answered before its journal
   * held it; `onKept` is called once it does.
   */
  resume(
    { id, folder, begin: { tenant } }: FoundUpgrade,
    { cancel, onKept }: { cancel: { force: boolean } | undefined; onKept: () => Promise<void> },
  ): Promise<void> {
    const { clock } = this.#options.host;
    const upgrade = new ActiveUpgrade({ id, tenant, cancel });
    return this.start(upgrade, async () => {
      const journal = await openJournal(folder, clock);
      upgrade.begin(journal);
      // A disk that takes nothing keeps what `onKept` removes for the next agent.
      if (cancel !== undefined) await journal.sync().then(onKept, () => undefined);
      return this.run(upgrade, journal);
    });
  }

  /**
   * Reopens an ended upgrade with more events, and continues it in the background. Resolves once they are on the disk.
   * Throws AppError `io` where they cannot be written.
   */
  reopen(found: FoundUpgrade, events: readonly EventBody[]): Promise<void> {
    return this.#continue(found, events, (upgrade, journal) => this.run(upgrade, journal));
  }

  /** Adds events to an ended upgrade, which stays ended, and has it cleaned up; otherwise as `reopen`. */
  add(found: FoundUpgrade, events: readonly EventBody[]): Promise<void> {
    return this.#continue(found, events, (upgrade, journal) => {
      journal.close();
      return this.#finish(upgrade);
    });
  }

  /** Its tenant is busy from the call on: of two requests at once the second finds that. */
  #continue(
    { id, folder, begin: { tenant } }: FoundUpgrade,
    events: readonly EventBody[],
    go: (upgrade: ActiveUpgrade, journal: Journal) => Promise<void>,
  ): Promise<void> {
    const { state, clock } = this.#options.host;
    requireWritable(state.upgrades);
    const before = this.#active.get(id);
    const cleanedUp = before === undefined ? undefined : this.#ends.get(before);
    const upgrade = new ActiveUpgrade({ id, tenant });
    const write = async () => {
      await cleanedUp;
      const journal = await openJournal(folder, clock);
      for (const event of events) journal.append(event);
      await journal.sync().catch((error: unknown) => {
        journal.close();
        throw error;
      });
      return journal;
    };
    const written = write();
    void this.start(upgrade, async () => {
      const journal = await written.catch(() => null);
      return journal === null ? undefined : go(upgrade, journal);
    });
    return written.then(() => undefined);
  }

  /** Resolves when nothing is queued or running. */
  async idle(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends.values());
  }
}

/** A stream is shown once its first event is on the disk, so where a full disk held it, that is told again. */
function tellBegin(journal: Journal, tell: () => void): void {
  tell();
  if (journal.durable > 0) return;
  const stop = journal.subscribe(() => {
    stop();
    tell();
  });
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
