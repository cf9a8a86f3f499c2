// Where a command writes: the answer to standard output, notes to standard error. All text is cleaned here: whatever a
// command prints, nothing in it can steer a terminal.
import { cleanText } from '../clean_text.js';
import { escapeJson } from '../json.js';
import { createStyle, paintText, type Style } from './style.js';

export interface Screen {
  /** Standard output is a terminal. */
  isTerminal: boolean;
  /** For standard output. */
  style: Style;
  /** A line, or several, of the answer. */
  print(text: string): void;
  /** The answer itself, under `--json`. */
  printJson(value: unknown): void;
  /** The same in one line, for JSON lines. */
  printJsonLine(value: unknown): void;
  /** Shows what runs, in a line that the next text replaces; null clears it. Only a terminal shows it. */
  showPending(text: string | null): void;
  /** A line, or several, on standard error. */
  note(text: string): void;
  /** The same, if standard error is a terminal. */
  noteToPerson(text: string): void;
}

export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface ScreenOptions {
  stdout: TextStream;
  stderr: TextStream;
  env: Readonly<Record<string, string | undefined>>;
}

const clearLine = '\r\u001b[K';

/** The screen over these two streams; colours by `TERM` and `NO_COLOR`. */
export function createScreen({ stdout, stderr, env }: ScreenOptions): Screen {
  const isTerminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
  const style = createStyle(isTerminal && (env['NO_COLOR'] ?? '') === '');
  let pending: string | null = null;

  function write(stream: TextStream, text: string): void {
    // Both may be one terminal, so the line is cleared for either of them.
    if (pending !== null) stdout.write(clearLine);
    stream.write(text);
    if (pending !== null) stdout.write(paintText(style.dim(pending)));
  }

  return {
    isTerminal,
    style,
    print: (text) => write(stdout, `${paintText(text)}\n`),
    printJson: (value) => write(stdout, `${escapeJson(JSON.stringify(value, null, 2))}\n`),
    printJsonLine: (value) => write(stdout, `${escapeJson(JSON.stringify(value))}\n`),
    showPending(text) {
      if (!isTerminal) return;
      // A wrapped line could not be cleared. A terminal may not know how wide it is.
      const { columns = 0 } = stdout;
      const next =
        text === null
          ? null
          : cleanText(text)
              .replaceAll('\n', ' ')
              .slice(0, (columns > 0 ? columns : 80) - 1);
      if (next === pending) return;
      if (pending !== null) stdout.write(clearLine);
      pending = next;
      if (pending !== null) stdout.write(paintText(style.dim(pending)));
    },
    note: (text) => write(stderr, `${paintText(text)}\n`),
    noteToPerson(text) {
      if (stderr.isTTY === true) write(stderr, `${paintText(text)}\n`);
    },
  };
}
