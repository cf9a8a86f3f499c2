import { describe, expect, test } from 'vitest';
import { parseEnvironmentFile } from '../../../../../agent/config/tenant_file/environment.js';
import { AppError } from '../../../../../shared/errors.js';

const parse = (text: string) => parseEnvironmentFile('/etc/a.env', text);

describe('an environment file', () => {
  test('gives its variables, without comments and blank lines', () => {
    expect(parse('# first\nA=1\n\n  # more\nB_2=two words\r\nC=\n')).toEqual({ A: '1', B_2: 'two words', C: '' });
  });

  test('loses one pair of quotes around a value, and nothing else', () => {
    expect(parse(`A="x y "\nB='$HOME'\nC=it's\nD="a"b"\nE=a=b#c`)).toEqual({
      A: 'x y ',
      B: '$HOME',
      C: "it's",
      D: 'a"b',
      E: 'a=b#c',
    });
  });

  test.each([
    ['a line that is no assignment', 'A=1\nexport B=2', '/etc/a.env:2: must be NAME=value'],
    ['a name that is none', '\nA-B=1', '/etc/a.env:2: A-B: is no name of a variable'],
    ['a reserved name', 'DATA_DIR=/', '/etc/a.env:1: DATA_DIR: is reserved'],
    ['a quote that is not closed', 'A="x', '/etc/a.env:1: A: the quote is not closed'],
    ['a single quote alone', 'A="', '/etc/a.env:1: A: the quote is not closed'],
    ['a name that is set twice', 'A=1\nB=2\nA=3', '/etc/a.env:3: A: is set in line 1 too'],
  ])('is refused with file and line for %s', (_says, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringContaining(message) }),
    );
  });

  test('is refused with a line for each problem and without any value', () => {
    let thrown: unknown;
    try {
      parse('PASSWORD="hunter22\nhunter23');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AppError);
    expect(String(thrown).split('\n')).toHaveLength(2);
    expect(String(thrown)).not.toContain('hunter');
  });
});
