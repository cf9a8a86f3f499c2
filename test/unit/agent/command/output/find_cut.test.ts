import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText } from '../../../../../shared/clean_text.js';
import { scanOutput } from '../../../../../agent/command/output/scan_output.js';
import { findCut, findLineEnd } from '../../../../../agent/command/output/find_cut.js';

const secrets = ['hunter22', 'correct-horse', 'ünïcödé'];
const cutAt = (text: string, limit: number) => {
  const bytes = Buffer.from(text);
  return bytes.subarray(0, findCut(bytes, limit, secrets)).toString();
};

test.each([
  { what: 'letters are cut where they may be', text: 'abcdef', limit: 3, before: 'abc' },
  { what: 'a character stays whole', text: 'ab€def', limit: 4, before: 'ab' },
  { what: 'a secret stays whole', text: 'ab hunter22 cd', limit: 7, before: 'ab ' },
  { what: 'two secrets are cut between them', text: 'hunter22hunter22', limit: 11, before: 'hunter22' },
  { what: 'a secret in colours stays whole', text: 'ab hun\u001b[1mter22 cd', limit: 12, before: 'ab ' },
  { what: 'an escape sequence stays whole', text: 'ab\u001b[31mcd', limit: 5, before: 'ab' },
  { what: 'the line end of Windows stays whole', text: 'ab\r\ncd', limit: 3, before: 'ab' },
])('$what', ({ text, limit, before }) => {
  expect(cutAt(text, limit)).toBe(before);
});

test('wherever a line is cut, its two parts read as the whole', () => {
  const piece = fc.oneof(
    fc.constantFrom(...secrets, '€', '😀', '\u001b[1;31m', '\u001b[0m', '\r', '\u0000', 'x', ' '),
    fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\n', '')),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 60 }), fc.nat(), (pieces, at) => {
      const bytes = Buffer.from(pieces.join(''));
      fc.pre(bytes.length > 0);
      const limit = 1 + (at % bytes.length);
      const whole = cleanText(bytes, secrets);
      const isGood = (cut: number) =>
        cleanText(bytes.subarray(0, cut), secrets) + cleanText(bytes.subarray(cut), secrets) === whole;
      const cut = findCut(bytes, limit, secrets);
      expect(cut).toBeLessThanOrEqual(limit);
      const others = Array.from({ length: limit }, (_, before) => before + 1).filter(isGood);
      expect(cut).toBe(others.at(-1) ?? limit);
    }),
    { numRuns: 200 },
  );
});

test('without a place to cut, it is cut all the same', () => {
  const bytes = Buffer.from('a'.repeat(5000));
  expect(findCut(bytes, 4000, ['aaaaaa'])).toBe(4000);
});

test('a line ends after its line end, at or before the limit', () => {
  const bytes = Buffer.from('one\ntwo\nthree');
  expect([3, 4, 7, 8, 13].map((limit) => findLineEnd(bytes, limit))).toEqual([0, 4, 4, 8, 8]);
});

test('a long secret and long escape sequences are cut with one look at each byte', () => {
  const secret = 'x'.repeat(20_000);
  const bytes = Buffer.from(`${secret}\u001b]${'y'.repeat(80_000)}\u0007`.repeat(2));
  // Cleaning both parts at each place would read some ten billion bytes, and run into the time limit of the tests.
  expect(findCut(bytes, 120_000, [secret])).toBe(100_003);
});

test('a part of the output shows no part of a secret, wherever it begins and ends', () => {
  const bytes = Buffer.from('a\u001b[1m hunter22 é hun\u001b[31mter22\r\ncorrect-horse');
  const { cleanPart } = scanOutput(bytes, secrets);
  const both = 'hunter22correct-horse';
  const parts = Array.from({ length: both.length - 2 }, (_, at) => both.slice(at, at + 3));
  const leaks = parts.filter((part) => !'a  é \n[masked]'.includes(part));
  for (let start = 0; start <= bytes.length; start += 1) {
    for (let end = start; end <= bytes.length; end += 1) {
      const text = cleanPart(start, end);
      expect(leaks.filter((part) => text.includes(part))).toEqual([]);
    }
  }
  expect(cleanPart(0, bytes.length)).toBe(cleanText(bytes, secrets));
});
