// Watches the tenants' work trees for a moved HEAD: git then writes `.git/HEAD` or `.git/logs/HEAD`. It reads no file.
import path from 'node:path';
import { watchFiles, type FileWatch } from '../../shared/os/watch_files.js';

export interface HeadWatch {
  /** Watches only these work trees from now on, by slug. */
  follow(workTrees: ReadonlyMap<string, string>): void;
  close(): Promise<void>;
}

/** Watches nothing before `follow`; `onMove` is called with the slug of a tenant whose work tree may have moved. */
export function watchHeads(onMove: (slug: string) => void): HeadWatch {
  const watchers = new Map<string, { workTree: string; watcher: FileWatch }>();

  function open(slug: string, workTree: string): void {
    const git = path.join(workTree, '.git');
    // Folders, not files: git replaces a file by renaming another one over it.
    const wanted = new Set([git, path.join(git, 'HEAD'), path.join(git, 'logs'), path.join(git, 'logs/HEAD')]);
    const watcher = watchFiles(git, {
      depth: 1,
      isWanted: (name) => wanted.has(name),
      onChange: () => onMove(slug),
      // No inotify watch is free: the next periodic report shows the change.
      onError: () => undefined,
    });
    watchers.set(slug, { workTree, watcher });
  }

  return {
    follow(workTrees) {
      for (const [slug, { workTree, watcher }] of watchers) {
        if (workTrees.get(slug) === workTree) continue;
        watchers.delete(slug);
        void watcher.close();
      }
      for (const [slug, workTree] of workTrees) if (!watchers.has(slug)) open(slug, workTree);
    },
    async close() {
      await Promise.all([...watchers.values()].map(({ watcher }) => watcher.close()));
    },
  };
}
