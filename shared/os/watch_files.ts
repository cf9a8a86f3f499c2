// Notices changes of files and folders. Nothing is read here: whoever is told looks for itself.
import { watch } from 'chokidar';

export interface FileWatch {
  /** Resolves when no change from now on goes unnoticed. */
  ready: Promise<void>;
  /** Stops watching. May be called again. */
  close(): Promise<void>;
}

export interface FileWatchOptions {
  /** How many levels of folders below the watched one. */
  depth: number;
  /** Of the names below it, those that matter; all without it. */
  isWanted?: (name: string) => boolean;
  /** Follow symbolic links, so that a change of what they lead to counts. */
  followsLinks?: boolean;
  /** Also tell of changes that leave the content as it is, such as one of the mode. Several may stand for one change. */
  includesModes?: boolean;
  /** Called from `ready` on. */
  onChange: () => void;
  /** Called where something cannot be watched, such as for want of inotify watches; the rest goes on. */
  onError: (error: unknown) => void;
}

/** Watches a folder and what lies in it, whether it is there yet or not. */
export function watchFiles(folder: string, options: FileWatchOptions): FileWatch {
  const { depth, isWanted, followsLinks = false, includesModes = false, onChange, onError } = options;
  const watcher = watch(folder, {
    ignoreInitial: true,
    followSymlinks: followsLinks,
    depth,
    ...(isWanted === undefined ? {} : { ignored: (name) => !isWanted(name) }),
  });
  watcher.on('error', onError);
  const ready = new Promise<void>((resolve) => {
    watcher.once('ready', () => {
      watcher.on('all', onChange);
      if (includesModes) watcher.on('raw', onChange);
      resolve();
    });
  });
  return { ready, close: () => watcher.close() };
}
