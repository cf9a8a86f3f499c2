// The line below the stream: what the stream waits for, or the running step. Without a terminal a long wait is a note.
import type { Waiting } from './operations.js';
import type { Screen } from './screen.js';

export interface WaitingLine {
  /** What the stream waits for now; null for nothing. */
  show: (waiting: Waiting | null) => void;
  /** An item of the stream has arrived. */
  refresh(): void;
  close(): void;
}

/** Shows on `screen`, or nothing where it is null; `pending` is what the stream itself has running. */
export function createWaitingLine(screen: Screen | null, pending: () => string | null): WaitingLine {
  let waiting: Waiting | null = null;
  let noted: string | null = null;

  function refresh(): void {
    screen?.showPending(waiting === null ? pending() : `  … ${waiting.text}`);
  }

  /** Each text once, until another one replaces it. */
  function noteLong(text: string | null): void {
    if (text === noted) return;
    noted = text;
    if (text !== null && screen?.isTerminal === false) screen.note(text);
  }

  return {
    show(next) {
      waiting = next;
      noteLong(next?.isLong === true ? next.text : null);
      refresh();
    },
    refresh,
    close: () => screen?.showPending(null),
  };
}
