// Times, sizes and names as people read them, and rows in columns.
import { cleanText } from '../../clean_text.js';
import { cleanStyled, stripStyle } from './style.js';

/** `0.3 s`, `12.0 s`, `2 min 5 s`, `3 h 20 min`, `400 days`. */
export function showMs(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

const two = (number: number) => String(number).padStart(2, '0');

/** `0:14`, `12:05`, `1:02:05`: how long something has lasted. */
export function showClock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours === 0 ? `${minutes}:${two(seconds % 60)}` : `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}

/** `1.5 GiB`, `64 MiB`. */
export function showBytes(bytes: number): string {
  const gibibytes = bytes / 1024 ** 3;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}

/** The part of a commit or a hash that people compare. */
export const showHash = (hash: string) => hash.slice(0, 12);

/** Text of tags, files and messages, which a repository chooses: nothing in it can steer a terminal. */
export function showSafely(text: string): string {
  return cleanText(text);
}

/** Every line set off by `margin`. */
export function indent(text: string, margin: string): string {
  return text
    .split('\n')
    .map((line) => `${margin}${line}`)
    .join('\n');
}

/** One paragraph in lines of at most 80 characters, broken between words. */
export function wrapText(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > 80) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}

const widthOf = (cell: string) => stripStyle(cell).length;

/**
 * Rows in columns as wide as they need; styles count for nothing, and each cell is one line. Where they are wider than
 * `width`, the columns that do not fit go to a second line of each row.
 */
export function alignColumns(given: readonly (readonly string[])[], width: number | null = null): string[] {
  const rows = given.map((row) => row.map((cell) => cleanStyled(cell).replaceAll('\n', ' ')));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const fitting = countFitting(widths, width);
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)));
    const [first, second] = [cells.slice(0, fitting), cells.slice(fitting)].map((part) => part.join('  ').trimEnd());
    return [first ?? '', ...(second === undefined || second === '' ? [] : [`    ${second}`])];
  });
}

/** How many of the first columns fit beside each other; all of them where there is no width to fit into. */
function countFitting(widths: readonly number[], width: number | null): number {
  if (width === null) return widths.length;
  let total = -2;
  const overflow = widths.findIndex((column) => {
    total += column + 2;
    return total > width;
  });
  return overflow === -1 ? widths.length : Math.max(1, overflow);
}
