// Waits for news of a run folder: a change in it, a call of `wake`, or the passing of time, whichever comes first.
import { watch, type FSWatcher } from 'node:fs';

export interface FolderWatch {
  wake: () => void;
  /** Begins to watch the folder, once it is there; without inotify watches to be had the clock alone will do. */
  listen(): void;
  /** Resolves at the first news since it last resolved, at the latest after `ms`. */
  next(ms: number): Promise<void>;
  close(): void;
}

/** News of the files in `folder` that `concerns` names; of all without it. */
export function watchFolder(folder: string, concerns: (name: string | null) => boolean = () => true): FolderWatch {
  let watcher: FSWatcher | null = null;
  let isNews = false;
  let resolveNext: (() => void) | null = null;
  const wake = () => {
    isNews = true;
    resolveNext?.();
  };
  return {
    wake,
    listen() {
      if (watcher !== null) return;
      try {
        watcher = watch(folder, (_change, name) => (concerns(name) ? wake() : undefined)).on('error', wake);
      } catch {
        // Too many watches, or no folder yet: `next` returns by its time.
      }
    },
    async next(ms) {
      if (!isNews) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          resolveNext = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isNews = false;
    },
    close: () => watcher?.close(),
  };
}
