// What was asked of the controller, and which of it was answered as accepted: that must hold whatever happens.
import type { Upgrade } from '../../shared/wire/api.js';
import { toAppError } from '../../shared/errors.js';

/** What the controller has answered as accepted. */
export interface Answer {
  what: 'upgrade' | 'rollback' | 'cancel';
  upgrade: Upgrade;
}

export interface Requests {
  /** Notes the answer once it is there; a request that is refused, or gets no answer, promises nothing. */
  ask(what: Answer['what'], asked: Promise<Upgrade>): void;
  /** The answers that must hold. */
  answers(): readonly Answer[];
  /** The upgrades that the latest request was about, newest first. */
  upgrades(): string[];
  /** Returns once every request has its answer or its error; gives the errors since the last call, by their codes. */
  settle(): Promise<string[]>;
  /** To be called when the store is copied. */
  noteCopy(): void;
  /** To be called when the copy has replaced the store: what is newer may be forgotten, as the guide says. */
  forgetNewer(): Promise<void>;
}

/** Nothing was asked yet. */
export function createRequests(): Requests {
  let answers: Answer[] = [];
  const ids: string[] = [];
  let copied = 0;
  let errors: string[] = [];
  const pending = new Set<Promise<void>>();
  const settle = async () => {
    await Promise.all(pending);
    const since = errors;
    errors = [];
    return since;
  };
  async function note(what: Answer['what'], asked: Promise<Upgrade>): Promise<void> {
    try {
      const upgrade = await asked;
      answers.push({ what, upgrade });
      ids.unshift(upgrade.id);
    } catch (error) {
      const { code, message } = toAppError(error);
      errors.push(code === 'internal' || code === 'protocol' ? `${what}: ${code} (${message})` : `${what}: ${code}`);
    }
  }
  return {
    ask(what, asked) {
      const noted = note(what, asked);
      pending.add(noted);
      void noted.then(() => pending.delete(noted));
    },
    answers: () => answers,
    upgrades: () => [...new Set(ids)],
    settle,
    noteCopy() {
      copied = answers.length;
    },
    async forgetNewer() {
      await Promise.all(pending);
      answers = answers.slice(0, copied);
    },
  };
}
