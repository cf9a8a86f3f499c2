// Writes files of a commit into a folder that the tenant's user can read but not change.
import { chmod, chown, mkdir, open, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { encodeBytes } from '../../shared/os/byte_text.js';
import { syncFolder } from '../../shared/os/files.js';
import { agentLimits } from '../limits.js';
import { executableMode, symlinkMode, type Tree, type TreeEntry } from './tree.js';

/** What a file takes on a disk is a multiple of this. */
const blockBytes = 4096;

/**
 * The room on the disk, in bytes, that an export of these entries takes. Throws AppError `unsupported-repository` where
 * they are larger together than may be exported: many files can be one object of the repository.
 */
export function measureExport(entries: readonly TreeEntry[], sizes: ReadonlyMap<string, number>): number {
  const own = entries.filter(({ type }) => type === 'blob').map(({ oid }) => sizes.get(oid) ?? 0);
  const total = own.reduce((sum, size) => sum + size, 0);
  const { max } = agentLimits.repositoryRead;
  if (total <= max) return own.reduce((sum, size) => sum + Math.ceil(size / blockBytes) * blockBytes, 0);
  const message = `${own.length} files of the release have ${total} bytes together; at most ${max} are exported`;
  throw new AppError('unsupported-repository', message, { hint: 'Keep large files out of the repository.' });
}

/**
 * Writes `entries` at their paths below `folder`, readable by the group `gid`. `folder` appears complete and synced, or
 * not at all; an existing one is kept. Submodules are left out. The parent folder must exist. Throws as `measureExport`
 * does before it writes.
 */
export async function exportTree(
  tree: Tree,
  { entries, folder, gid }: { entries: readonly TreeEntry[]; folder: string; gid: number },
): Promise<void> {
  if ((await stat(folder).catch(() => null)) !== null) return;
  const blobs = entries.filter((entry) => entry.type === 'blob');
  const contents = await tree.read(blobs.map((entry) => entry.oid));
  measureExport(blobs, new Map([...contents].map(([oid, content]) => [oid, content.length])));
  const draft = `${folder}.partial`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  // Folders, then files, then symlinks: so a hostile tree cannot make the agent write through a symlink.
  const folders = new Set([draft, ...blobs.flatMap(({ path: name }) => foldersOf(draft, placeIn(draft, name)))]);
  for (const inner of folders) if (inner !== draft) await mkdir(encodeBytes(inner));
  for (const entry of blobs.filter(({ mode }) => mode !== symlinkMode)) {
    const mode = entry.mode === executableMode ? 0o750 : 0o640;
    await writeFile(placeIn(draft, entry.path), contentOf(entry, contents), { mode, gid });
  }
  for (const entry of blobs.filter(({ mode }) => mode === symlinkMode)) {
    await symlink(contentOf(entry, contents), encodeBytes(placeIn(draft, entry.path)));
  }
  for (const inner of [...folders].toReversed()) await closeFolder(encodeBytes(inner), gid);
  await rename(draft, folder);
  await syncFolder(path.dirname(folder));
}

function placeIn(folder: string, name: string): string {
  const isPlain = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPlain) return path.join(folder, name);
  throw new AppError('unsupported-repository', `the repository holds a file with the path ${JSON.stringify(name)}`);
}

function contentOf({ oid, path: name }: TreeEntry, contents: Map<string, Buffer>): Buffer {
  const content = contents.get(oid);
  if (content === undefined) throw new AppError('internal', `git object ${oid} of ${name} was not read`);
  return content;
}

async function writeFile(file: string, content: Buffer, { mode, gid }: { mode: number; gid: number }): Promise<void> {
  const handle = await open(encodeBytes(file), 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.chown(-1, gid);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folders above `file` below `folder`, each after the one that holds it. */
function foldersOf(folder: string, file: string): string[] {
  const parts = path.relative(folder, file).split('/').slice(0, -1);
  return parts.map((_, index) => path.join(folder, ...parts.slice(0, index + 1)));
}

/** Gives a folder to the group, and syncs its list of names. */
async function closeFolder(folder: Buffer, gid: number): Promise<void> {
  await chown(folder, -1, gid);
  await chmod(folder, 0o750);
  await syncFolder(folder);
}
