// Many paths in one message: the first few, and how many more.

/** `a, b, c, d, e and 7 more`. */
export function nameSome(paths: readonly string[], maxNamed = 5): string {
  const more = paths.length - maxNamed;
  return paths.slice(0, maxNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
