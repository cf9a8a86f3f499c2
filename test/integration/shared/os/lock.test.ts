// The lock of a folder: one holder, and a reason where there can be none.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { takeLock } from '../../../../shared/os/lock.js';

const words = { taken: 'another one runs here', hint: 'end it' };

function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it('is for one, and free again once that one lets go', async () => {
  const file = path.join(makeFolder(), 'a.lock');
  const lock = await takeLock(file, words);
  await expect(takeLock(file, words)).rejects.toMatchObject({
    code: 'busy',
    message: `another one runs here (it holds ${file})`,
    hint: 'end it',
  });
  await lock.release();
  const again = await takeLock(file, words);
  await again.release();
  await expect(again.lost).resolves.toBeUndefined();
});

it('that cannot be had is not said to be held', async () => {
  const file = path.join(makeFolder(), 'missing/a.lock');
  await expect(takeLock(file, words)).rejects.toMatchObject({
    code: 'config',
    message: expect.stringMatching(/missing: does not exist$/),
  });
});

it('says so where there is no flock', async () => {
  const folder = makeFolder();
  chmodSync(folder, 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = folder;
  onTestFinished(() => {
    process.env['PATH'] = before;
  });
  await expect(takeLock(path.join(folder, 'a.lock'), words)).rejects.toMatchObject({
    code: 'io',
    hint: expect.stringContaining('util-linux'),
  });
});
