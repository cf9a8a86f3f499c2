import { describe, expect, test } from 'vitest';
import { cleanText } from '../../../shared/clean_text.js';

const clean = (text: string, secrets: string[] = []) => cleanText(Buffer.from(text), secrets);

test.each([
  ['plain text, tabs and line ends as they are', 'a\tb\n\nc', 'a\tb\n\nc'],
  ['every kind of letter', 'ä€😀\u0301', 'ä€😀\u0301'],
  ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
  ['what `tput sgr0` prints', 'a\u001b(B\u001b[mb', 'ab'],
  ['cursor moves and a cleared screen', '\u001b[2J\u001b[1;1Ha\u001b7\u001b8', 'a'],
  ['a window title', '\u001b]0;title\u0007a\u001b]2;title\u001b\\b', 'ab'],
  ['a title that does not end, and hides nothing', '\u001b]0;title\nnext', '0;title\nnext'],
  ['an escape at the very end', 'a\u001b', 'a␛'],
  ['the line ends of Windows and of progress bars', 'a\r\nb\r\r\nc\rd', 'a\nb\nc\nd'],
  ['control characters', 'a\u0000b\u0007c\u007fd\u0085e', 'a␀b␇c\uFFFDd\uFFFDe'],
  ['what turns the direction of writing', 'a\u202eb\u2066c', 'a\uFFFDb\uFFFDc'],
])('shows harmlessly: %s', (_what, text, shown) => {
  expect(clean(text)).toBe(shown);
});

test('shows bytes that are no UTF-8 as replacement characters', () => {
  expect(cleanText(Buffer.from([0x61, 0xff, 0xe2, 0x82, 0x62]), [])).toBe('a\uFFFD\uFFFDb');
});

describe('a secret', () => {
  test('is masked wherever it stands', () => {
    expect(clean('hunter22: <hunter22>\nhunter22hunter22', ['hunter22'])).toBe(
      '[masked]: <[masked]>\n[masked][masked]',
    );
  });

  test('is masked though it is printed in colours', () => {
    expect(clean('hun\u001b[1mter\u001b[0m22', ['hunter22'])).toBe('[masked]');
  });

  test('is taken literally', () => {
    expect(clean('a$&b.*c', ['$&b.*'])).toBe('a[masked]c');
    expect(clean('abbbc', ['b.*c'])).toBe('abbbc');
  });

  test('leaves nothing behind where it overlaps another or itself', () => {
    expect(clean('-abcdefghi-', ['abcdef', 'defghi'])).toBe('-[masked]-');
    expect(clean('-abababab-', ['ababab'])).toBe('-[masked]-');
    expect(clean('-abcdefghi-', ['cde', 'abcdefghi'])).toBe('-[masked]-');
  });

  test('that is empty is none', () => {
    expect(clean('text', [''])).toBe('text');
  });
});
