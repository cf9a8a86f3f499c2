// A word as a POSIX shell takes it, whatever it holds.

/** In single quotes; line ends stay in it. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
