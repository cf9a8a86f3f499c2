import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cleanText } from '../../../../../shared/clean_text.js';
import { readOutput, readOutputTail, type OutputChunk } from '../../../../../agent/command/output/read_output.js';

const secrets = ['correct-horse-battery', 'hunter22', 'ünïcödé'];
const mebibyte = 1024 ** 2;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-output-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  file = path.join(folder, 'output');
  writeFileSync(file, '');
});

interface Listening {
  from?: number;
  ended?: boolean;
  limitBytes?: number;
}

/** Reads on until there is nothing, as a listener does. */
async function listen({ from = 0, ended = true, limitBytes = mebibyte }: Listening) {
  const chunks: OutputChunk[] = [];
  let at = from;
  for await (const chunk of readOutput(file, from, { ended, secrets, limitBytes })) {
    expect(chunk.at).toBe(at);
    chunks.push(chunk);
    at = chunk.next;
  }
  return { at, text: chunks.map(({ text }) => text).join(''), chunks };
}

const lines = (count: number) => Array.from({ length: count }, (_, n) => `line ${n}\n`).join('');
const tail = (lines: number) => readOutputTail(file, { lines, secrets });

const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...secrets, ...secrets.map((secret) => secret.slice(0, 5)), '€', '😀') },
  { weight: 2, arbitrary: fc.constantFrom('\n', '\r\n', '\r', '\u001b[1;31m', '\u001b]0;title\u0007', '\u001b') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)) },
);
/** A beginning without a line end that brings what follows to the border of a chunk, or none. */
const beginning = fc.option(fc.integer({ min: 64 * 1024 - 60, max: 64 * 1024 }), { nil: 0 });
const output = fc
  .tuple(beginning, fc.array(pieces, { maxLength: 40 }))
  .map(([length, parts]) => Buffer.concat(['x'.repeat(length), ...parts].map((part) => Buffer.from(part))));

describe('output under the limit', () => {
  test('reads the same however it was cut when it was written and read', async () => {
    await fc.assert(
      fc.asyncProperty(output, fc.array(fc.nat(), { maxLength: 8 }), async (bytes, writes) => {
        writeFileSync(file, '');
        const ends = [...writes.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
        let [at, written, text] = [0, 0, ''];
        for (const end of ends) {
          appendFileSync(file, bytes.subarray(written, end));
          written = end;
          const heard = await listen({ from: at, ended: false, limitBytes: 64 * mebibyte });
          [at, text] = [heard.at, text + heard.text];
        }
        const rest = await listen({ from: at, limitBytes: 64 * mebibyte });
        expect(text + rest.text).toBe(cleanText(bytes, secrets));
        expect(rest.at).toBe(bytes.length);
      }),
      { numRuns: 150 },
    );
  });

  test('comes in whole lines while it grows, and with its last line once it has ended', async () => {
    writeFileSync(file, 'one\ntwo\nthr');
    expect(await listen({ ended: false })).toMatchObject({ at: 8, text: 'one\ntwo\n' });
    appendFileSync(file, 'ee');
    expect(await listen({ from: 8, ended: false })).toMatchObject({ at: 8, text: '' });
    expect(await listen({ from: 8 })).toMatchObject({ at: 13, text: 'three' });
  });

  test('comes in parts when one line grows without end', async () => {
    writeFileSync(file, 'x'.repeat(300_000));
    const { text } = await listen({ ended: false });
    expect(text.length).toBeGreaterThan(200_000);
  });

  test.each(secrets)('never shows half of %s, whatever its place at the border of a chunk', async (secret) => {
    const length = Buffer.byteLength(secret);
    for (let before = 64 * 1024 - length - 1; before <= 64 * 1024 + 1; before += 1) {
      writeFileSync(file, `${'x'.repeat(before)}${secret}${'y'.repeat(5000)}`);
      const { text } = await listen({});
      expect(text).toBe(`${'x'.repeat(before)}[masked]${'y'.repeat(5000)}`);
    }
  });
});

describe('output over the limit', () => {
  test('is its head, a marker with what was left out, and its tail', async () => {
    const all = lines(100_000);
    writeFileSync(file, all);
    const { text, at } = await listen({ limitBytes: 100_000 });
    const [, head = '', left = '', tail = ''] = /^(.*)\n\[… (\d+) bytes left out …\]\n(.*)$/s.exec(text) ?? [];
    expect(head.length).toBeGreaterThan(40_000);
    expect(head.length).toBeLessThanOrEqual(50_000);
    expect(tail.length).toBeGreaterThanOrEqual(50_000);
    expect(tail.length).toBeLessThan(52_000);
    expect(head.length + Number(left) + tail.length).toBe(all.length);
    expect(all.startsWith(head) && all.endsWith(tail)).toBe(true);
    expect(at).toBe(all.length);
  });

  test('reads the same again, from the beginning and from each place on the way', async () => {
    writeFileSync(file, lines(100_000));
    const { text, chunks } = await listen({ limitBytes: 400_000 });
    let before = '';
    for (const chunk of chunks) {
      expect(before + (await listen({ from: chunk.at, limitBytes: 400_000 })).text).toBe(text);
      before += chunk.text;
    }
  });

  test('does not go on to a listener that keeps up with it', async () => {
    let [at, heard] = [0, 0];
    for (let round = 0; round < 50; round += 1) {
      appendFileSync(file, lines(1000));
      const more = await listen({ from: at, ended: false, limitBytes: 100_000 });
      [at, heard] = [more.at, heard + more.text.length];
    }
    expect(heard).toBeGreaterThan(50_000);
    expect(heard).toBeLessThanOrEqual(100_000);
  });

  test('holds its tail back until the last byte is known', async () => {
    writeFileSync(file, lines(100_000));
    const { at, text } = await listen({ ended: false, limitBytes: 100_000 });
    expect(text).not.toContain('left out');
    const rest = await listen({ from: at, limitBytes: 100_000 });
    expect(rest.text.startsWith('\n[… ')).toBe(true);
    expect(rest.text.endsWith('line 99999\n')).toBe(true);
  });

  test('never shows half of a secret at the end of the head or the beginning of the tail', async () => {
    const unit = 'correct-horse-battery ';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2000, max: 200_000 }), fc.nat(30), async (limitBytes, shift) => {
        writeFileSync(file, `${'x'.repeat(shift)}${unit.repeat(10_000)}\n${unit.repeat(10_000)}`);
        const { text } = await listen({ limitBytes });
        const rest = text.replaceAll('[masked]', '').replaceAll(/\n\[… \d+ bytes left out …\]\n/g, '');
        expect(rest.replaceAll(/[x \n]/g, '')).toBe('');
      }),
      { numRuns: 40 },
    );
  });
});

describe('the tail of an output', () => {
  test('is its last lines, without the line ends after them', async () => {
    writeFileSync(file, 'one\ntwo\nthree hunter22\n\n');
    expect(await tail(2)).toBe('two\nthree [masked]');
    expect(await tail(20)).toBe('one\ntwo\nthree [masked]');
  });

  test('is empty where nothing was printed', async () => {
    expect(await tail(20)).toBe('');
  });

  test('never begins with half of a secret', async () => {
    for (let after = 16 * 1024 - 30; after <= 16 * 1024 + 2; after += 1) {
      writeFileSync(file, `${'x'.repeat(40_000)}correct-horse-battery${'y'.repeat(after)}`);
      expect((await tail(1)).replaceAll('[masked]', '')).toMatch(/^x*y+$/);
    }
  });
});

test('an output that is not there is an error', async () => {
  rmSync(file);
  await expect(listen({})).rejects.toMatchObject({ code: 'ENOENT' });
});

test('shows no rest of a secret, from whichever byte it is asked for', async () => {
  const text = `before hunter22 and hun\u001b[1mter22 after ${'correct-horse-battery'.repeat(3)} end`;
  writeFileSync(file, text);
  const allowed = 'before  and  after  end';
  for (let from = 1; from < Buffer.byteLength(text); from += 1) {
    const shown = (await listen({ from })).text.replaceAll('[masked]', '');
    expect(allowed.endsWith(shown.trimStart()), `from byte ${from}: ${shown}`).toBe(true);
  }
});
