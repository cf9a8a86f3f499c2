import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJournal, journalName, openJournal, readJournal } from '../../../../agent/store/journal.js';
import { systemClock } from '../../../../shared/os/clock.js';

let parent: string;
let folder: string;
let file: string;

beforeEach(() => {
  parent = mkdtempSync(path.join(os.tmpdir(), 'journal-'));
  folder = path.join(parent, 'upgrade');
  file = path.join(folder, journalName);
});
afterEach(() => rmSync(parent, { recursive: true }));

const line = (text: string) => ({ type: 'line', text }) as const;

describe('a journal', () => {
  it('gives back what was appended, numbered from 1', async () => {
    const journal = await createJournal(folder, systemClock);
    journal.append(line('one'));
    journal.append(line('two'));
    await journal.sync();
    journal.close();
    expect(readJournal(folder).events).toMatchObject([
      { n: 1, text: 'one' },
      { n: 2, text: 'two' },
    ]);
  });

  it('is closed to everyone but its owner', async () => {
    (await createJournal(folder, systemClock)).close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('counts as durable only what was synced, and notifies its listeners', async () => {
    const journal = await createJournal(folder, systemClock);
    const seen: number[] = [];
    journal.subscribe(() => seen.push(journal.durable));
    journal.append(line('one'));
    expect(journal.durable).toBe(0);
    await journal.sync();
    await journal.sync();
    expect(seen).toEqual([1]);
    journal.close();
  });

  it('holds what a full disk does not take, and writes it in order once there is room', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'drover-test', parent]);
    try {
      const journal = await createJournal(folder, systemClock);
      journal.append(line('one'));
      await journal.sync();
      const fill = path.join(parent, 'fill');
      rmSync(path.join(folder, 'reserve'));
      execFileSync('bash', ['-c', 'head -c 3M /dev/zero >"$1" || true', 'bash', fill], { stdio: 'ignore' });
      // Longer than the rest of its last page.
      const long = 'é'.repeat(3000);
      journal.append(line(long));
      journal.append(line('three'));
      await expect(journal.sync()).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('ENOSPC') });
      expect(journal.durable).toBe(1);
      expect(readJournal(folder).events).toHaveLength(1);
      rmSync(fill);
      await journal.sync();
      journal.close();
      expect(readJournal(folder).events).toMatchObject([{ text: 'one' }, { text: long }, { n: 3, text: 'three' }]);
    } finally {
      execFileSync('umount', ['--lazy', parent]);
    }
  });

  it('is used once: a second upgrade of the same id is an error', async () => {
    const journal = await createJournal(folder, systemClock);
    journal.append(line('begun'));
    journal.close();
    await expect(createJournal(folder, systemClock)).rejects.toThrow(/EEXIST/);
  });

  it('is made anew where an agent died before the first event', async () => {
    (await createJournal(folder, systemClock)).close();
    const journal = await createJournal(folder, systemClock);
    expect(journal.events).toEqual([]);
    journal.close();
  });

  it('cuts a torn last line off wherever it was torn, and goes on after it', async () => {
    const journal = await createJournal(folder, systemClock);
    journal.append(line('whole'));
    journal.append(line('torn'));
    await journal.sync();
    journal.close();
    const [first = '', second = ''] = readFileSync(file, 'utf8').split('\n');
    for (let length = 0; length <= second.length; length += 1) {
      truncateSync(file, first.length + 1);
      appendFileSync(file, second.slice(0, length));
      const again = await openJournal(folder, systemClock);
      expect(again.events).toHaveLength(1);
      again.append(line('next'));
      again.close();
      expect(readJournal(folder).events).toMatchObject([{ text: 'whole' }, { n: 2, text: 'next' }]);
    }
  });

  it('names the line that is not an event, instead of guessing', async () => {
    (await createJournal(folder, systemClock)).close();
    appendFileSync(file, '{"n":1,"at":"","type":"line","text":"a"}\n{"n":2,"type":"from the future"}\n');
    await expect(openJournal(folder, systemClock)).rejects.toThrow(`${file}:2: not an event`);
  });
});
