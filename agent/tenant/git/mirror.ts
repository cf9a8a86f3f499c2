// The mirror: the agent's own bare repository, one per remote. It is a cache that can always be rebuilt.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../../shared/os/files.js';
import { runGit, type GitCall, type GitOutput } from './git.js';
import type { RepoAuth } from './schema.js';
import { hasErrno } from '../../../shared/os/errno.js';

export interface Mirror {
  folder: string;
  repo: string;
  auth?: RepoAuth;
}

/** Of git's object ids: 40 digits, or 64. */
export type ObjectFormat = 'sha1' | 'sha256';

/**
 * The mirror of `repo` below `mirrorsDir`; makes a missing one, and rebuilds one that a power cut left unusable. May be
 * called again, also at the same time.
 */
export async function openMirror(options: {
  mirrorsDir: string;
  repo: string;
  auth?: RepoAuth | undefined;
}): Promise<Mirror> {
  const { mirrorsDir, repo, auth } = options;
  const folder = folderOf(mirrorsDir, repo);
  await mkdir(mirrorsDir, { recursive: true, mode: 0o700 });
  if (!(await isRepository(folder))) {
    await rm(folder, { recursive: true, force: true });
    await makeRepository(mirrorsDir, folder);
  }
  return { folder, repo, ...(auth === undefined ? {} : { auth }) };
}

/** The mirror of `repo` where it was made already, or null. Makes nothing. */
export async function findMirror(mirrorsDir: string, repo: string): Promise<Mirror | null> {
  const folder = folderOf(mirrorsDir, repo);
  return (await isRepository(folder)) ? { folder, repo } : null;
}

function folderOf(mirrorsDir: string, repo: string): string {
  const name = createHash('sha256').update(repo).digest('hex').slice(0, 32);
  return path.join(mirrorsDir, `${name}.git`);
}

/**
 * Makes the mirror anew, without objects, where its object ids have another format than the remote's. One call at a
 * time per mirror. True where it did.
 */
export async function setObjectFormat({ folder }: Mirror, format: ObjectFormat): Promise<boolean> {
  const config = await readFile(path.join(folder, 'config'), 'utf8');
  const present: ObjectFormat = /^[ \t]*objectformat = sha256$/im.test(config) ? 'sha256' : 'sha1';
  if (present === format) return false;
  await rm(folder, { recursive: true, force: true });
  await makeRepository(path.dirname(folder), folder, format);
  return true;
}

/** Git in the mirror. */
export function mirrorGit(mirror: Mirror, args: readonly string[], more: Partial<GitCall> = {}): Promise<GitOutput> {
  const fixed = [`--git-dir=${mirror.folder}`, '--literal-pathspecs'];
  return runGit({ ...more, folder: mirror.folder, args: [...fixed, ...args] });
}

/** Checks the files that git requires of a repository, without running git. A power cut empties the small ones. */
async function isRepository(folder: string): Promise<boolean> {
  try {
    const [head, config] = await Promise.all(
      ['HEAD', 'config'].map((name) => readFile(path.join(folder, name), 'utf8')),
    );
    await Promise.all(['objects', 'refs'].map((name) => readdir(path.join(folder, name))));
    return /^ref: refs\/heads\/\S+\n$/.test(head ?? '') && /^[ \t]*bare = true$/m.test(config ?? '');
  } catch {
    return false;
  }
}

/** Makes the mirror under another name and renames it, so that no incomplete mirror is ever found. */
async function makeRepository(mirrorsDir: string, folder: string, format: ObjectFormat = 'sha1'): Promise<void> {
  const draft = await mkdtemp(path.join(mirrorsDir, '.new-'));
  try {
    await runGit({
      folder: draft,
      args: ['init', '--bare', '--quiet', '--template=', `--object-format=${format}`, '.'],
    });
    // Sync the rename: a mirror lost in a power cut would be rebuilt empty, without the objects that an upgrade needs.
    for (const name of await readdir(draft, { recursive: true })) await syncFolder(path.join(draft, name));
    await rename(draft, folder).catch((error: unknown) => {
      // Another call was faster; use its mirror.
      if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) {
        throw error;
      }
    });
    await syncFolder(mirrorsDir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
