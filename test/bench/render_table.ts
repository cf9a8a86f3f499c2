// The bench's one table, with a remark below for each row.
import type { Measured } from './measure.js';
import type { Row } from './row.js';

export interface Outcome {
  row: Row;
  measured: Measured | null;
  remark: string;
}

const head = ['row', 'figure', 'control', 'ratio', 'limit', 'target', 'verdict'];

export function renderTable(outcomes: readonly Outcome[]): string {
  const table = [head, ...outcomes.map(renderRow)];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const lines = table.map((cells) => cells.map((cell, column) => align(cell, widths[column] ?? 0, column)).join('  '));
  const remarks = outcomes.map(({ row, remark }) => `${row.name}: ${row.what}; ${remark}`);
  return [...lines.map((line) => line.trimEnd()), '', ...remarks].join('\n');
}

/** Numbers stand below each other, words begin below each other. */
function align(cell: string, width: number, column: number): string {
  return column === 0 || column === head.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function renderRow({ row, measured }: Outcome): string[] {
  const { name, unit, bound, limit, target } = row;
  const show = (value: number) => (bound === 'ratio' ? `${value}x` : `${value} ${unit}`);
  if (measured === null) return [name, '-', '-', '-', show(limit), show(target), 'not measured'];
  const { figure, control, ratio } = measured;
  const cells = [`${showFigure(figure)} ${unit}`, `${showFigure(control)} ${unit}`, `${ratio.toFixed(2)}x`];
  return [name, ...cells, show(limit), show(target), judge(row, measured[bound])];
}

function judge({ limit, target }: Row, value: number): string {
  if (value > limit) return 'LIMIT MISSED';
  return value > target ? 'within the limit' : 'target met';
}

function showFigure(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}
