// Waits for something to be so in a folder, without readContext more often than the folder changes.
import { watch } from 'node:fs';

/** Returns once it is so; looks at once, and again whenever something changes in the folder, which is there. */
export function seeChange(folder: string, isSo: () => boolean, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    // Who no longer waits gets no answer.
    signal?.addEventListener('abort', () => watcher.close());
    look();
  });
}
