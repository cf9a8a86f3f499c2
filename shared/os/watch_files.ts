// Watches files and folders for changes. It reads nothing: the callback must.
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
  /** Follow symbolic links, so that a change of what they lead to counts. */
  followsLinks?: boolean;
  /** Also report changes of the mode. One change may cause several calls. */
  includesModes?: boolean;
  /** Called from `ready` on. */
  onChange: () => void;
  /** Called when something cannot be watched, for example without free inotify watches; the rest stays watched. */
  onError: (error: unknown) => void;
}

/** Watches a folder and its content. The folder may be created later. */
export function watchFiles(folder: string, options: FileWatchOptions): FileWatch {
  const { depth, followsLinks = false, includesModes = false, onChange, onError } = options;
  const watcher = watch(folder, {
    ignoreInitial: true,
    followSymlinks: followsLinks,
    depth,
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
