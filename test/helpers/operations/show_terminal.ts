// What a terminal shows after a program has printed: what was redrawn or cleared is gone, colours are left out.
import { stripVTControlCharacters } from 'node:util';

// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const controls = /(\r\n|\r|\n|\u001b\[\d*[AJK])/;

/** The lines, joined. It knows line ends, returns, and what clears a line or the screen below the cursor. */
export function showTerminal(printed: string): string {
  const lines = [''];
  let row = 0;
  let column = 0;
  for (const piece of printed.split(controls)) {
    if (piece === '\n' || piece === '\r\n') {
      row += 1;
      column = 0;
      lines[row] ??= '';
    } else if (piece === '\r') {
      column = 0;
    } else if (piece.startsWith('\u001b[') && piece.endsWith('A')) {
      row = Math.max(0, row - Number.parseInt(piece.slice(2), 10));
    } else if (piece === '\u001b[J' || piece === '\u001b[K') {
      lines[row] = (lines[row] ?? '').slice(0, column);
      if (piece.endsWith('J')) lines.length = row + 1;
    } else {
      const text = stripVTControlCharacters(piece);
      const line = lines[row] ?? '';
      lines[row] = line.slice(0, column).padEnd(column) + text + line.slice(column + text.length);
      column += text.length;
    }
  }
  return lines.join('\n');
}
