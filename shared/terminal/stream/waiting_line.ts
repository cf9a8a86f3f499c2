// The lines below the stream: what the stream waits for, or what runs. Without a terminal a long wait is a note.
import type { Waiting } from '../operations.js';
import type { Screen } from '../screen/screen.js';

export interface WaitingLine {
  /** What the stream waits for now; null for nothing. */
  show: (waiting: Waiting | null) => void;
  /** An item of the stream has arrived, or time has passed. */
  refresh(): void;
  close(): void;
}

/** Shows on `screen`, or nothing where it is null; `pending` is what the stream itself has running. */
export function createWaitingLine(screen: Screen | null, pending: () => readonly string[]): WaitingLine {
  let waiting: Waiting | null = null;
  let noted: string | null = null;
  let isClosed = false;

  function refresh(): void {
    if (isClosed) return;
    const running = pending();
    // A short wait is over once something runs.
    const isWaiting = waiting !== null && (waiting.isLong || running.length === 0);
    const lines = isWaiting ? [`  … ${waiting?.text ?? ''}`] : running;
    screen?.showPending(lines.length === 0 ? null : lines.join('\n'));
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
    close() {
      isClosed = true;
      screen?.showPending(null);
    },
  };
}
