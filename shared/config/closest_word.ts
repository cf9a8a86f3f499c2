// "Did you mean": the known word that a misspelt one is nearest to.

/** No known word is nearly as long. */
const maxLength = 64;

/** The nearest of the known words if at most two letters are wrong (and not more than half of it), or null. */
export function closestWord(word: string, known: readonly string[]): string | null {
  if (word.length > maxLength) return null;
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= 2 && distance <= candidate.length / 2)
    .toSorted((left, right) => left.distance - right.distance);
  return best?.candidate ?? null;
}

/** How many letters must be put in, taken out or replaced to make one word of the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(from).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
