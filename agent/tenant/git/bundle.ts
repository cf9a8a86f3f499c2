// Packs the git objects that a work tree needs for a commit into one file, which the tenant's user imports.
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../../shared/os/files.js';
import type { User } from '../../command/spec.js';
import { mirrorGit, type Mirror } from './mirror.js';
import { requireObjectId } from './object_id.js';
import { hasCommit } from './tags.js';

export interface BundleToWrite {
  object: string;
  commit: string;
  /** A commit that the repository has with its whole history and all of its objects, or null. */
  have: string | null;
  /** Another commit that the bundle brings, where the mirror knows it: what a rollback goes back to. */
  also?: string | null;
  file: string;
  user: Pick<User, 'gid'>;
}

/** A ref in a bundle. It is named by its object, so two bundles from one mirror never conflict. */
export function bundleRef(object: string): string {
  return `refs/drover/${requireObjectId(object)}`;
}

/**
 * Writes a bundle with `commit` and its tag object (`object`; the commit itself for a lightweight tag), for a
 * repository that has `have` and its whole history. With null, or a commit that the mirror does not know, the bundle
 * holds the whole history. The user's group may read it. The file is synced. May be called again.
 */
export async function writeBundle(mirror: Mirror, bundle: BundleToWrite): Promise<void> {
  const { object, commit, have, also = null, file, user } = bundle;
  const ref = bundleRef(object);
  await rm(`${file}.lock`, { force: true });
  await mirrorGit(mirror, ['update-ref', '--no-deref', ref, object]);
  const without = have === null ? [] : await exclude(mirror, commit, have);
  const refs = [ref];
  if (also !== null && also !== object && (await hasCommit(mirror, also))) {
    refs.push(bundleRef(also));
    await mirrorGit(mirror, ['update-ref', '--no-deref', bundleRef(also), also]);
  }
  await mirrorGit(mirror, ['bundle', 'create', '--quiet', file, ...refs, ...without]);
  const handle = await open(file, 'r+');
  try {
    await handle.chown(-1, user.gid);
    await handle.chmod(0o640);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(path.dirname(file));
}

/**
 * The revisions that the bundle leaves out; none for a `have` that the mirror does not know (128). Git refuses to write
 * an empty bundle, so a commit that the repository already has is packed again.
 */
async function exclude(mirror: Mirror, commit: string, have: string): Promise<string[]> {
  const question = ['merge-base', '--is-ancestor', commit, requireObjectId(have)];
  const { exitCode } = await mirrorGit(mirror, question, { acceptExits: [1, 128] });
  if (exitCode === 128) return [];
  return exitCode === 0 ? [`^${commit}^@`] : [`^${have}`];
}
