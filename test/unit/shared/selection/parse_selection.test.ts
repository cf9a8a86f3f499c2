// Selections as operators write them, and what is said of one that is wrong.
import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toAppError } from '../../../../shared/errors.js';
import { parseScope, parseSelection } from '../../../../shared/selection/parse_selection.js';
import { listTerms } from '../../../../shared/selection/selection.js';

const ofLabel = (name: string, operator: string, value: string) => ({
  kind: 'term',
  field: null,
  name,
  operator,
  value,
});
const ofField = (name: string, operator: string, value: string) => ({
  ...ofLabel(name, operator, value),
  field: name,
});

describe('a selection', () => {
  it('binds ! before & before |', () => {
    expect(parseSelection('ring=canary & !version<v0.4.0 | slug~acme-*')).toEqual({
      kind: 'or',
      of: [
        {
          kind: 'and',
          of: [ofLabel('ring', '=', 'canary'), { kind: 'not', of: ofField('version', '<', 'v0.4.0') }],
        },
        ofField('slug', '~', 'acme-*'),
      ],
    });
    expect(parseSelection('a=1&(b=2|c!=3)')).toEqual({
      kind: 'and',
      of: [ofLabel('a', '=', '1'), { kind: 'or', of: [ofLabel('b', '=', '2'), ofLabel('c', '!=', '3')] }],
    });
  });

  it('takes any text as a value in quotes', () => {
    expect(parseSelection('note = "a & ""b"" | (c)"')).toEqual(ofLabel('note', '=', 'a & "b" | (c)'));
  });

  it.each([
    ['', 1, 'a comparison'],
    ['ring=', 6, 'a value is missing after `ring=`'],
    ['ring', 5, 'is missing after `ring`'],
    ['ring=canary & version<', 23, 'a value is missing'],
    ['a=1 b=2', 5, '`&` or `|` is missing before `b`'],
    ['(a=1', 5, '`)` is missing for the `(` at column 1'],
    ['a=1)', 4, 'is missing before `)`'],
    ['a="b', 3, 'a closing `"` is missing'],
    ['ring<canary', 5, 'only `version` can be compared by `<`'],
    ['version<main', 9, '`main` is no version'],
    ['state=gone', 7, 'is one of idle, running'],
    ['drift=maybe', 7, 'is one of yes, no'],
    ['-x=1', 1, '`-x` is no field'],
    ['a==1', 3, 'a value is missing after `a=`'],
    [`${'('.repeat(40)}a=1`, 34, 'more than 32'],
  ])('that is wrong names the column: %s', (text, column, what) => {
    const error = toAppError(catchOf(() => parseSelection(text)));
    expect(error).toMatchObject({ code: 'invalid', details: { column } });
    expect(error.message).toContain(`at column ${column}: `);
    expect(error.message).toContain(what);
  });

  it('is parsed or refused, whatever it is', () => {
    assert(
      property(string({ unit: constantFrom(...'a = ! ~ < > & | ( ) " 1 v .'.split(' '), ' ') }), (text) => {
        const parsed = catchOf(() => listTerms(parseSelection(text)).length);
        expect(typeof parsed === 'number' ? parsed > 0 : toAppError(parsed).code === 'invalid').toBe(true);
      }),
    );
  });
});

describe('a scope', () => {
  it('may use slugs, hosts and labels, and nothing that a host says of itself', () => {
    expect(parseScope('host~eu-* & !slug=acme & ring=stable')).toMatchObject({ kind: 'and' });
    for (const text of ['version=v1', 'ring=a | state=idle', '!drift=yes']) {
      expect(toAppError(catchOf(() => parseScope(text))).message).toMatch(
        /^a scope cannot use `(version|state|drift)`/,
      );
    }
  });
});

/** What it returns or throws. */
function catchOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
