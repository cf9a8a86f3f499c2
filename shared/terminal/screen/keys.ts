// Single keys of a terminal, as they are pressed.

interface KeySource extends NodeJS.ReadableStream {
  isTTY?: boolean;
  setRawMode?: (isRaw: boolean) => unknown;
}

/** What Ctrl-C is among keys: while they are read, the terminal sends no signal. */
export const interruptKey = '\u0003';

/** Calls `onKey` with each key; returns how to stop that, or null where `stdin` is no terminal. */
export function readKeys(stdin: KeySource, onKey: (key: string) => void): (() => void) | null {
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) return null;
  const { setRawMode } = stdin;
  const take = (data: string | Buffer) => {
    for (const key of data.toString()) onKey(key);
  };
  setRawMode.call(stdin, true);
  stdin.on('data', take);
  stdin.resume();
  return () => {
    stdin.off('data', take);
    stdin.pause();
    setRawMode.call(stdin, false);
  };
}
