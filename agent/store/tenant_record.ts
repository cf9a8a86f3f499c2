// The record: what the agent knows of a tenant between upgrades, in one file.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { readIfThere, replaceFile, syncFolder } from '../../shared/os/files.js';
import { recordSchema, type TenantRecord } from '../../shared/model/plan.js';
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

/** Restores the tenant's old record, or removes the record where it had none. Skips the write where nothing differs. */
export async function putRecordBack(file: string, record: TenantRecord | null): Promise<void> {
  if (isDeepStrictEqual(await readRecord(file), record)) return;
  await (record === null ? removeRecord(file) : writeRecord(file, record));
}

async function removeRecord(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncFolder(path.dirname(file));
}
