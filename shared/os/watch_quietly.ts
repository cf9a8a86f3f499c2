// Watches a folder of the operator's files: configuration, certificates.
import { watchFiles, type FileWatch } from './watch_files.js';

/** The delay from a change to the reading: of several changes within milliseconds chokidar reports only the first. */
const quietMs = 100;

/** Watches the files of a folder; `onChange` is called once for changes that follow each other fast. */
export function watchQuietly(
  folder: string,
  { onChange, onError }: { onChange: () => void; onError: (error: unknown) => void },
): Pick<FileWatch, 'ready' | 'close'> {
  let waiting: NodeJS.Timeout | undefined;
  const watcher = watchFiles(folder, {
    depth: 0,
    followsLinks: true,
    includesModes: true,
    onChange() {
      clearTimeout(waiting);
      waiting = setTimeout(onChange, quietMs);
    },
    onError,
  });
  return {
    ready: watcher.ready,
    close() {
      clearTimeout(waiting);
      return watcher.close();
    },
  };
}
