import { array, assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText } from '../../../../shared/clean_text.js';
import { decodeBytes, encodeBytes, hasOddBytes } from '../../../../shared/os/byte_text.js';

test('any bytes come back from their text, and from its JSON', () => {
  assert(
    property(array(uint8Array({ maxLength: 6 }), { maxLength: 9 }), (parts) => {
      const bytes = Buffer.concat([...parts, Buffer.from('é€😀')]);
      const text = decodeBytes(bytes);
      expect(encodeBytes(text)).toEqual(bytes);
      expect(encodeBytes(String(JSON.parse(JSON.stringify(text))))).toEqual(bytes);
    }),
  );
});

test('UTF-8 reads as always, and a lone byte is shown as what it is', () => {
  expect(decodeBytes(Buffer.from('caf\u00e9 😀'))).toBe('caf\u00e9 😀');
  const odd = decodeBytes(Buffer.from('caf\u00e9/x', 'latin1'));
  expect(hasOddBytes(odd)).toBe(true);
  expect(cleanText(odd)).toBe('caf\\xE9/x');
});

test('a large text of odd bytes is read in one go from some point on', () => {
  const bytes = Buffer.alloc(4 * 1024 ** 2, 0xe9);
  expect(decodeBytes(bytes).length).toBe(bytes.length);
});
