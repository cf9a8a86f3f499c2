import { describe, expect, test } from 'vitest';
import { closestWord } from '../../../../shared/config/closest_word.js';

describe('the closest word', () => {
  test('is the known word that a slip of the finger makes', () => {
    expect(closestWord('helth', ['hooks', 'health', 'user'])).toBe('health');
    expect(closestWord('appdir', ['data_dir', 'app_dir'])).toBe('app_dir');
  });

  test('is none when nothing is near', () => {
    expect(closestWord('colour', ['hooks', 'health', 'user'])).toBeNull();
  });

  test('is never a short word of which most letters are wrong', () => {
    expect(closestWord('abcd', ['stop', 'run'])).toBeNull();
    expect(closestWord('ab', ['run', 'on'])).toBeNull();
  });
});
