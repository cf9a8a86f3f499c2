// What the demo prints: headings, sentences, the commands that it runs, and comparisons.
import { stripVTControlCharacters } from 'node:util';
import colors from 'picocolors';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printHeading(text: string): void {
  print(`\n${colors.bold(colors.cyan(`== ${text}`))}`);
}

/** A paragraph of the tour; `text` may have several lines. */
export function printText(text: string): void {
  print(`\n${text}`);
}

/** A command line as a person would type it; its own output follows. */
export function printCommand(line: string): void {
  print(`\n${colors.bold(`$ ${line}`)}`);
}

/** Something that the demo has checked. */
export function printVerified(text: string): void {
  print(`${colors.green('  [ok]')} ${text}`);
}

/** Rows in aligned columns; the first row is the head. */
export function printTable([head = [], ...rows]: readonly (readonly string[])[]): void {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => stripVTControlCharacters(row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ');
  print(`\n  ${colors.bold(line(head).trimEnd())}`);
  for (const row of rows) print(`  ${line(row).trimEnd()}`);
}

export function printProblem(text: string): void {
  process.stderr.write(`\n${colors.red(text)}\n`);
}
