// A tenant's record on disk.
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TenantRecord } from '../../../../shared/model/plan/plan.js';
import { putRecordBack, readRecord, writeRecord } from '../../../../agent/store/tenant_record.js';

const record: TenantRecord = {
  version: 'v0.4.0',
  commit: 'a'.repeat(40),
  previous_version: 'v0.3.0',
  upgrade_id: null,
  recorded_at: '2025-12-16T10:15:30.000Z',
  applied_migrations: [{ file: 'scripts/001.mjs', sha256: 'b'.repeat(64) }],
  marks: [{ tag: 'v0.4.0', phase: null, as: 'skipped', reason: 'by hand', at: '2025-12-16T10:15:30.000Z' }],
  modified_by_hooks: [{ path: 'static/about.json', blob: 'c'.repeat(40) }],
};

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'drover-record-'));
  file = path.join(folder, 'testsite.json');
});
afterEach(() => rm(folder, { recursive: true }));

test('what was written is read back', async () => {
  await writeRecord(file, record);
  expect(await readRecord(file)).toEqual(record);
});

test('a later record takes the place of the earlier one and leaves nothing else', async () => {
  await writeRecord(file, record);
  await writeRecord(file, { ...record, version: 'v0.5.0' });
  expect(await readRecord(file)).toEqual({ ...record, version: 'v0.5.0' });
  expect(await readdir(folder)).toEqual(['testsite.json']);
});

test('only the agent can read it', async () => {
  await writeRecord(file, record);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a tenant without a record has none', async () => {
  expect(await readRecord(file)).toBeNull();
});

test('a removed record is gone, and may be removed again', async () => {
  await writeRecord(file, record);
  await putRecordBack(file, null);
  await putRecordBack(file, null);
  expect(await readRecord(file)).toBeNull();
});

test('the old record is put back with the marks that are set now', async () => {
  const [mark] = record.marks;
  if (mark === undefined) throw new Error('no mark');
  const marks = [{ ...mark, tag: 'v0.5.0' }];
  await writeRecord(file, { ...record, version: 'v0.5.0', marks, marked_by: ['one'] });
  await putRecordBack(file, record);
  await putRecordBack(file, record);
  expect(await readRecord(file)).toEqual({ ...record, marks, marked_by: ['one'] });
});

test.each(['', '{"version": "v0.4', 'null', '{"version": 4}'])(
  'a file that holds %o is refused by name',
  async (text) => {
    await writeFile(file, text);
    await expect(readRecord(file)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`${file} is not a tenant's record`),
      hint: expect.stringContaining('--from TAG'),
    });
  },
);
