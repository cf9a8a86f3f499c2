// Where a command writes: the answer to standard output, notes to standard error. All text is cleaned here: whatever a
// command prints, nothing in it can steer a terminal.
import { cleanText } from '../../clean_text.js';
import { escapeJson } from '../../json.js';
import { cleanStyled, createStyle, cutStyled, paintText, type Style } from './style.js';

export interface Screen {
  /** Standard output is a terminal. */
  isTerminal: boolean;
  /** For standard output. */
  style: Style;
  /** How many characters fit into a line now; null where standard output is no terminal, and lines may be long. */
  readonly width: number | null;
  /** How many lines the terminal shows now; null where standard output is none. */
  readonly height: number | null;
  /** A line, or several, of the answer. */
  print(text: string): void;
  /** The answer itself, under `--json`. */
  printJson(value: unknown): void;
  /** The same in one line, for JSON lines. */
  printJsonLine(value: unknown): void;
  /** Shows what runs, in lines that the next text replaces; null clears them. Only a terminal shows them. */
  showPending(text: string | null): void;
  /** The same of a text that has styles. */
  showFrame(text: string): void;
  /** A line, or several, on standard error. */
  note(text: string): void;
  /** The same, if standard error is a terminal. */
  noteToPerson(text: string): void;
}

export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export interface ScreenOptions {
  stdout: TextStream;
  stderr: TextStream;
  env: Readonly<Record<string, string | undefined>>;
}

/** Goes to the start of the shown lines, and clears to the end of the screen. */
function clearLines(count: number): string {
  return count === 1 ? '\r\u001b[K' : `\r\u001b[${count - 1}A\u001b[J`;
}

/** A terminal may not know how wide it is. */
const widthOf = ({ columns = 0 }: TextStream) => (columns > 0 ? columns : 80);

const heightOf = ({ rows = 0 }: TextStream) => (rows > 0 ? rows : 24);

/** Lines of which the terminal wraps none, and which all fit: others could not be cleared. */
function cutLines(styled: string, stdout: TextStream): string[] {
  return styled
    .split('\n')
    .slice(0, Math.max(1, heightOf(stdout) - 1))
    .map((line) => cutStyled(line.replaceAll('\t', ' '), widthOf(stdout) - 1));
}

/** The screen over these two streams; colours by `TERM` and `NO_COLOR`. */
export function createScreen({ stdout, stderr, env }: ScreenOptions): Screen {
  const isTerminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
  const style = createStyle(isTerminal && (env['NO_COLOR'] ?? '') === '');
  let pending: readonly string[] = [];

  const clearPending = () => (pending.length === 0 ? undefined : stdout.write(clearLines(pending.length)));
  const paintPending = () => (pending.length === 0 ? undefined : stdout.write(pending.map(paintText).join('\n')));

  function write(stream: TextStream, text: string): void {
    // Both may be one terminal, so the lines are cleared for either of them.
    clearPending();
    stream.write(text);
    paintPending();
  }

  /** Styled lines. */
  function showLines(next: readonly string[]): void {
    if (!isTerminal || next.join('\n') === pending.join('\n')) return;
    clearPending();
    pending = next;
    paintPending();
  }

  return {
    isTerminal,
    style,
    get width() {
      return isTerminal ? widthOf(stdout) : null;
    },
    get height() {
      return isTerminal ? heightOf(stdout) : null;
    },
    print: (text) => write(stdout, `${paintText(text)}\n`),
    printJson: (value) => write(stdout, `${escapeJson(JSON.stringify(value, null, 2))}\n`),
    printJsonLine: (value) => write(stdout, `${escapeJson(JSON.stringify(value))}\n`),
    showPending: (text) => showLines(text === null ? [] : cutLines(cleanText(text), stdout).map(style.dim)),
    showFrame: (text) => showLines(cutLines(cleanStyled(text), stdout)),
    note: (text) => write(stderr, `${paintText(text)}\n`),
    noteToPerson(text) {
      if (stderr.isTTY === true) write(stderr, `${paintText(text)}\n`);
    },
  };
}
