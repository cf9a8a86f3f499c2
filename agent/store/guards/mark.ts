// The mark of a tenant's boot guard: while the file is there, none of the tenant's units starts.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere, replaceFile, syncFolder } from '../../../shared/os/files.js';

/** Stands between the stop of a tenant and its start, for one upgrade. */
export interface Guard {
  /** Returns once the mark is durable. May be called again. */
  raise(): Promise<void>;
  /** Returns once its removal is durable. Leaves a mark of another upgrade alone. May be called again. */
  lower(): Promise<void>;
}

/** The file of a tenant's mark in the guard folder. */
export function markFile(folder: string, slug: string): string {
  return path.join(folder, slug);
}

/** The guard of this tenant, for the upgrade `id`. */
export function createGuard(folder: string, { slug, id }: { slug: string; id: string }): Guard {
  const file = markFile(folder, slug);
  return {
    async raise() {
      if ((await readMark(folder, slug)) !== id) await replaceFile(file, `${id}\n`, { mode: 0o600 });
    },
    async lower() {
      if ((await readMark(folder, slug)) !== id) return;
      await rm(file, { force: true });
      await syncFolder(folder);
    },
  };
}

/** The id of the upgrade that holds the tenant's units back, or null. */
export async function readMark(folder: string, slug: string): Promise<string | null> {
  return (await readIfThere(markFile(folder, slug)))?.trim() ?? null;
}
