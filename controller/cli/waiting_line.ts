// The line below the stream that says what is waited for; for who has no terminal, a line when it may take long.
import type { Upgrade } from '../../shared/wire/api.js';
import type { AppError } from '../../shared/errors.js';
import type { Screen } from '../../shared/terminal/screen.js';
import { explainDelivery } from './explain_delivery.js';

export interface WaitingLine {
  showDelivery(upgrade: Upgrade): void;
  /** The controller is lost, or with null is there. */
  showContact: (lost: AppError | null) => void;
  /** The stream has gone on. */
  refresh(): void;
  close(): void;
}

export function createWaitingLine(
  screen: Screen,
  { json, pending }: { json: boolean; pending: () => string | null },
): WaitingLine {
  let delivery: string | null = null;
  let lost: string | null = null;
  let noted: string | null = null;

  function refresh(): void {
    if (json) return;
    const why = lost ?? delivery;
    screen.showPending(why === null ? pending() : `  … ${why}`);
  }

  /** Once, until it is something else. */
  function noteLong(text: string | null): void {
    if (text === noted) return;
    noted = text;
    if (text !== null && !json && !screen.isTerminal) screen.note(text);
  }

  return {
    refresh,
    showDelivery(upgrade) {
      const explained = explainDelivery(upgrade);
      delivery = explained?.text ?? null;
      if (lost === null) noteLong(explained?.isLong === true ? explained.text : null);
      refresh();
    },
    showContact(error) {
      lost = error === null ? null : `${error.message}; trying again`;
      if (lost !== null) noteLong(lost);
      refresh();
    },
    close: () => screen.showPending(null),
  };
}
