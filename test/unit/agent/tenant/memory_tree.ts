// The files of commits, out of memory, for tests of what plans from them.
import { createHash } from 'node:crypto';
import type { Tree, TreeEntry } from '../../../../agent/tenant/tree.js';

type File = string | Buffer | { mode: string; content: string | Buffer };

/** A tree port over `{ commit: { path: content } }`; a content with a mode of its own is `{ mode, content }`. */
export function createMemoryTree(commits: Record<string, Record<string, File>>): Tree {
  const blobs = new Map<string, Buffer>();
  const listed = new Map<string, TreeEntry[]>();
  for (const [commit, files] of Object.entries(commits)) {
    const entries = Object.entries(files).map(([path, file]): TreeEntry => {
      const { mode, content } =
        typeof file === 'string' || Buffer.isBuffer(file) ? { mode: '100644', content: file } : file;
      const blob = Buffer.from(content);
      const oid = createHash('sha1').update(`blob ${blob.length}\0`).update(blob).digest('hex');
      blobs.set(oid, blob);
      return { mode, type: mode === '160000' ? 'commit' : 'blob', oid, path };
    });
    listed.set(commit, entries);
  }
  return {
    async list(commit, folder) {
      const entries = listed.get(commit) ?? [];
      return entries.filter(({ path }) => folder === undefined || path === folder || path.startsWith(`${folder}/`));
    },
    async sizes(oids) {
      return new Map([...blobs].filter(([oid]) => oids.includes(oid)).map(([oid, { length }]) => [oid, length]));
    },
    async read(oids) {
      return new Map([...blobs].filter(([oid]) => oids.includes(oid)));
    },
  };
}
