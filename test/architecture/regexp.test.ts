// No regular expression takes more than linear time, whatever text another party sends.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it, test } from 'vitest';
import { findSlow } from './regexp/find_slow.js';

const root = path.join(import.meta.dirname, '../..');

interface Found {
  at: string;
  source: string;
  flags: string;
}

/** The literals of a file. */
function findLiterals(file: string): Found[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.ES2023, true);
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ at: `${file}:${line}`, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('the regular expressions of the programs', () => {
  const all = ['agent', 'controller', 'shared'].flatMap((side) =>
    readdirSync(path.join(root, side), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => findLiterals(path.join(side, name))),
  );

  it('are linear on every text', () => {
    expect(all.length).toBeGreaterThan(80);
    const slow = all.flatMap(({ at, source, flags }) => {
      const why = findSlow(source, flags);
      return why === null ? [] : [`${at} /${source}/${flags}: ${why}`];
    });
    expect(slow).toEqual([]);
  });
});

describe('an expression that is slow on some text is found', () => {
  test.each([
    [/[ \t]*$/],
    [/^#![ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/],
    [/\n+$/],
    [/(a+)+$/],
    [/^(a|a)*b/],
    [/^\s*bare = true$/m],
    [/\s+=/],
    [/^a.*b.*c/],
  ])('%s', ({ source, flags }) => {
    expect(findSlow(source, flags)).not.toBeNull();
  });

  test.each([[/\r+\n?/g], [/^\/+/], [/^[a-z]+=[0-9]*$/], [/a{0,62}b$/], [/\/\/[^/]*@/g], [/^[^#\n]*$/m]])(
    '%s is none',
    ({ source, flags }) => {
      expect(findSlow(source, flags)).toBeNull();
    },
  );
});
