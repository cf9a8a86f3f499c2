// Every function that a module exports says what it promises.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

/** The exported functions of a file that have no docstring. */
function findUndocumented(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  return source.statements.flatMap((statement) => {
    if (!ts.canHaveModifiers(statement)) return [];
    const isExported = ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported || ts.getJSDocCommentsAndTags(statement).length > 0) return [];
    return namesOfFunctions(statement).map((name) => `${file}: ${name}`);
  });
}

function namesOfFunctions(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? 'default'];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name, initializer }) =>
    initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))
      ? [name.getText()]
      : [],
  );
}

it('an exported function has a docstring', () => {
  const files = ['agent', 'controller', 'shared'].flatMap((side) =>
    readdirSync(path.join(root, side), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.join(side, name)),
  );
  expect(files.length).toBeGreaterThan(250);
  expect(files.flatMap((file) => findUndocumented(file, readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
});

it('one without is found', () => {
  const text = [
    '/** Says what it promises. */\nexport function one() {}',
    'export function two() {}',
    'export const three = () => 3;',
    'function inner() {}',
    'export const four = inner;',
  ].join('\n');
  expect(findUndocumented('a.ts', text)).toEqual(['a.ts: two', 'a.ts: three']);
});
