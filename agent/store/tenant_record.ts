// The record: what the agent knows of a tenant between upgrades, in one file.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { readIfThere, replaceFile, syncFolder } from '../../shared/os/files.js';
import { recordSchema, type TenantRecord } from '../../shared/model/plan/plan.js';
import { parseJson } from '../../shared/json.js';

/** The tenant's record, or null when it has none. Throws AppError `config` for a file that is no record. */
export async function readRecord(file: string): Promise<TenantRecord | null> {
  const text = await readIfThere(file);
  if (text === null) return null;
  const parsed = recordSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new AppError('config', `${file} is not a tenant's record: ${z.prettifyError(parsed.error)}`, {
    hint: `Copy the record from beside the newest backup to this path. Or move this file away (mv ${file} ${file}.broken) and name the tenant's version with --from TAG.`,
  });
}

/** Replaces the record; it is on the disk when this returns. The folder must exist. May be called again. */
export async function writeRecord(file: string, record: TenantRecord): Promise<void> {
  await replaceFile(file, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Restores the tenant's old record, or removes the record where it had none. The operator's marks stay as they are now:
 * some may have been set or removed since. Makes the folder where it has gone, and skips the write where nothing differs.
 * May be called again.
 */
export async function putRecordBack(file: string, record: TenantRecord | null): Promise<void> {
  const present = await readRecord(file);
  const restored = record === null || present === null ? record : { ...record, ...marksOf(present) };
  if (isDeepStrictEqual(present, restored)) return;
  if (restored === null) return removeRecord(file);
  // A rollback does not fail because somebody has taken the folder away.
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeRecord(file, restored);
}

/** What an operator has marked, and the requests that did it: an upgrade changes neither. */
export function marksOf(record: TenantRecord | null): Pick<TenantRecord, 'marks' | 'marked_by'> {
  const { marks = [], marked_by } = record ?? {};
  return marked_by === undefined ? { marks } : { marks, marked_by };
}

async function removeRecord(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncFolder(path.dirname(file));
}
