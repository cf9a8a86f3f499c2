// Watches a run folder: a change in it, a call of `notify` or a timeout wakes the waiting caller, whichever comes
// first.
import { watch, type FSWatcher } from 'node:fs';
import { createWakeUp, type WakeUp } from '../../shared/os/notifier.js';

export interface FolderWatch extends WakeUp {
  /** Begins to watch the folder, once it exists. Where no inotify watch is free, only timeouts wake the caller. */
  listen(): void;
}

/** Wakes at changes of the files in `folder` that `concerns` names; of all without it. */
export function watchFolder(folder: string, concerns: (name: string | null) => boolean = () => true): FolderWatch {
  let watcher: FSWatcher | null = null;
  const wakeUp = createWakeUp(() => watcher?.close());
  const { notify } = wakeUp;
  return {
    ...wakeUp,
    listen() {
      if (watcher !== null) return;
      try {
        watcher = watch(folder, (_change, name) => (concerns(name) ? notify() : undefined)).on('error', notify);
      } catch {
        // Too many watches, or no folder yet: `next` returns at its timeout.
      }
    },
  };
}
