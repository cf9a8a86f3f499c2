// Waits for a condition in a folder. It checks the condition when the folder changes.
import { watch } from 'node:fs';
import { createWakeUp } from '../../shared/os/notifier.js';

/** Returns once the condition is true. Checks at once, and at each change in the folder, which must exist. */
export async function seeChange(
  folder: string,
  isSo: () => boolean | Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const changes = createWakeUp();
  const watcher = watch(folder, changes.notify);
  try {
    // An aborted wait gets no answer.
    while (!(await isSo())) await changes.next(signal === undefined ? {} : { signal });
  } finally {
    watcher.close();
  }
}
