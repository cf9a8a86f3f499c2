// The record: what the agent knows of a tenant between upgrades, in one file.
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { replaceFile, syncFolder } from '../../shared/os/files.js';
import { recordSchema, type TenantRecord } from '../../shared/model/plan.js';
import { hasErrno } from '../../shared/os/errno.js';
import { parseJson } from '../../shared/json.js';

/** The tenant's record, or null when it has none. Throws AppError `config` for a file that is no record. */
export async function readRecord(file: string): Promise<TenantRecord | null> {
  const text = await readIfThere(file);
  if (text === null) return null;
  const parsed = recordSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new AppError('config', `${file} is not a tenant's record: ${z.prettifyError(parsed.error)}`, {
    hint: `Put back the record that lies beside the newest backup, or move this one away (mv ${file} ${file}.broken) and say the tenant's version with --from TAG.`,
  });
}

/** Replaces the record; it is on disk when this returns. The folder must exist. May be called again. */
export async function writeRecord(file: string, record: TenantRecord): Promise<void> {
  await replaceFile(file, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

/** Gives the tenant the record that it had, or none; what is so already is not written. May be called again. */
export async function putRecordBack(file: string, record: TenantRecord | null): Promise<void> {
  if (isDeepStrictEqual(await readRecord(file), record)) return;
  await (record === null ? removeRecord(file) : writeRecord(file, record));
}

async function removeRecord(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncFolder(path.dirname(file));
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
