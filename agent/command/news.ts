// Waits for news of a run folder: a change in it, a call of `wake`, or the passing of time, whichever comes first.
import { watch, type FSWatcher } from 'node:fs';

export interface News {
  wake: () => void;
  /** Begins to watch the folder, once it is there; without inotify watches to be had the clock alone will do. */
  listen(): void;
  /** Resolves at the first news since it last resolved, at the latest after `ms`. */
  next(ms: number): Promise<void>;
  close(): void;
}

function createBell(): { rung: Promise<void>; ring: () => void } {
  const bell = new EventTarget();
  const rung = new Promise<void>((resolve) => {
    bell.addEventListener('ring', () => resolve(), { once: true });
  });
  return { rung, ring: () => void bell.dispatchEvent(new Event('ring')) };
}

export function createNews(folder: string): News {
  let watcher: FSWatcher | null = null;
  let bell = createBell();
  const wake = () => bell.ring();
  return {
    wake,
    listen() {
      if (watcher !== null) return;
      try {
        watcher = watch(folder, wake).on('error', wake);
      } catch {
        // Too many watches, or no folder yet: `next` returns by its time.
      }
    },
    async next(ms) {
      const timer = setTimeout(wake, ms);
      await bell.rung;
      clearTimeout(timer);
      bell = createBell();
    },
    close: () => watcher?.close(),
  };
}
