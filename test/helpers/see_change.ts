// Waits for something to be so in a folder, without looking more often than the folder changes.
import { watch } from 'node:fs';
import { createWakeUp } from '../../shared/os/notifier.js';

/** Returns once it is so; looks at once, and again whenever something changes in the folder, which is there. */
export async function seeChange(
  folder: string,
  isSo: () => boolean | Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const changes = createWakeUp();
  const watcher = watch(folder, changes.notify);
  try {
    // Who no longer waits gets no answer.
    while (!(await isSo())) await changes.next(signal === undefined ? {} : { signal });
  } finally {
    watcher.close();
  }
}
