// Trims one character off the end of a text, in linear time: an expression such as /\n+$/ takes quadratic time on some.

/** The text without the `character` that it ends with, however often. */
export function trimEndOf(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}
