// Watches one name in a folder where much else is written: one inotify watch, and nothing is read.
import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

export interface NameWatch {
  /** Stops watching. May be called again. */
  close(): void;
}

/**
 * Calls `onChange` when what has this name was made, replaced or removed, from now on. The folder must be there.
 * `onError`: changes may be missed from now on.
 */
export function watchName(
  file: string,
  { onChange, onError }: { onChange: () => void; onError: (error: unknown) => void },
): NameWatch {
  const { dir, base } = path.parse(file);
  let watcher: FSWatcher;
  try {
    watcher = watch(dir, { persistent: false }, (_event, name) => {
      if (name === null || name === base) onChange();
    });
  } catch (error) {
    onError(error);
    return { close: () => undefined };
  }
  watcher.on('error', onError);
  return { close: () => watcher.close() };
}
