// The excerpt of a failed command's output: it begins at the cause where the output has a known form. Of Python the cause
// is the last line of a traceback, which only its frames precede; of Node it is above the stack; pip marks it.

/** How many lines below its first line a Node error may have its stack. */
const maxErrorLines = 10;

/** At most so many lines: first the cause, if it is known, then the end of the output, or what follows the cause. */
export function excerptCause(text: string, maxLines: number): string {
  const lines = text.split('\n');
  const python = findPythonCause(lines);
  if (python.length > 0) {
    const cause = python.slice(0, Math.floor(maxLines / 2));
    return [...cause, ...lines.slice(-(maxLines - cause.length))].join('\n');
  }
  const at = findNodeError(lines) ?? findMarked(lines);
  return (at === null ? lines.slice(-maxLines) : lines.slice(at, at + maxLines)).join('\n');
}

const isTraceback = (line: string) => line === 'Traceback (most recent call last):';
const isLink = (line: string) =>
  line.startsWith('During handling of the above exception') ||
  line.startsWith('The above exception was the direct cause');

/** The exceptions of the last traceback and of those that it is chained to, the last one first. */
function findPythonCause(lines: readonly string[]): string[] {
  const causes: string[] = [];
  let end = lines.length;
  for (;;) {
    const at = lines.slice(0, end).findLastIndex(isTraceback);
    if (at === -1) return causes;
    const exception = lines.slice(at + 1, end).find((line) => line !== '' && !line.startsWith(' '));
    if (exception === undefined) return causes;
    causes.push(causes.length === 0 ? exception : `after ${exception}`);
    // A chain has one of two lines between its tracebacks.
    const before = lines.slice(0, at).findLastIndex((line) => line !== '');
    if (before === -1 || !isLink(lines[before] ?? '')) return causes;
    end = before;
  }
}

/** The last line such as `TypeError: …` or `Error [ERR_X]: …` with a stack below it. */
function findNodeError(lines: readonly string[]): number | null {
  const at = lines.findLastIndex(
    (line, index) =>
      isErrorLine(line) &&
      lines.slice(index + 1, index + 1 + maxErrorLines).some((below) => below.startsWith('    at ')),
  );
  return at === -1 ? null : at;
}

function isErrorLine(line: string): boolean {
  const name = line.split(':', 1)[0] ?? '';
  return line.includes(':') && name.includes('Error') && /^(Uncaught )?[\w.$]+( \[\w+\])?$/.test(name);
}

/** The first line that pip, or npm, marks as an error. */
function findMarked(lines: readonly string[]): number | null {
  const at = lines.findIndex((line) => /^(ERROR: |npm (ERR!|error) )/.test(line));
  return at === -1 ? null : at;
}
