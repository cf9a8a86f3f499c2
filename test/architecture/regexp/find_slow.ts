// Finds regular expressions that take more than linear time on some text. Such an expression has two loops, of which one
// follows the other, that can both read the same characters: the engine tries every place to go from one to the other.
// The search for the start of a match is such a loop, too. (Weideman et al., "Analyzing Matching Time Behavior of
// Backtracking Regular Expression Matchers", 2016.)
import { parseRegExp, type Node } from './parse.js';

/** A place in the expression that reads one character. */
interface Place {
  /** The characters of the alphabet that it reads. */
  reads: ReadonlySet<string>;
  next: Set<number>;
  /** True where the match can end after it, whatever follows. */
  isEnd: boolean;
}

interface Fragment {
  first: number[];
  last: number[];
  canBeEmpty: boolean;
  /** True where an assertion after its last place can still fail. */
  isChecked: boolean;
}

const alphabet = [
  ...Array.from({ length: 0x180 }, (_, code) => String.fromCodePoint(code)),
  '\u2028',
  '\u202E',
  '\u2066',
  '\u3000',
  '\uFEFF',
];
const empty: Fragment = { first: [], last: [], canBeEmpty: true, isChecked: false };

/** Why the expression is slow on some text, or null. */
export function findSlow(source: string, flags: string): string | null {
  const places: Place[] = [];
  const own = flags.replaceAll(/[^isu]/g, '');
  const addPlace = (reads: ReadonlySet<string>) => places.push({ reads, next: new Set(), isEnd: false }) - 1;
  const tree = parseRegExp(source);

  function build(node: Node): Fragment {
    switch (node.kind) {
      case 'char': {
        const is = new RegExp(`^(?:${node.source})$`, own);
        const at = addPlace(new Set(alphabet.filter((character) => is.test(character))));
        return { first: [at], last: [at], canBeEmpty: false, isChecked: false };
      }
      case 'sequence':
        return node.parts.map(build).reduce(follow, empty);
      case 'choice': {
        const options = node.options.map(build);
        return {
          first: options.flatMap(({ first }) => first),
          last: options.flatMap(({ last }) => last),
          canBeEmpty: options.some(({ canBeEmpty }) => canBeEmpty),
          isChecked: options.some(({ isChecked }) => isChecked),
        };
      }
      case 'repeat': {
        const part = build(node.part);
        if (node.isUnbounded) link(part.last, part.first);
        return { ...part, canBeEmpty: part.canBeEmpty || node.isOptional };
      }
      case 'start':
        return flags.includes('m') ? empty : { ...empty, isChecked: true };
      default:
        return { ...empty, isChecked: true };
    }
  }

  function follow(left: Fragment, right: Fragment): Fragment {
    link(left.last, right.first);
    return {
      first: left.canBeEmpty ? [...left.first, ...right.first] : left.first,
      last: right.canBeEmpty ? [...left.last, ...right.last] : right.last,
      canBeEmpty: left.canBeEmpty && right.canBeEmpty,
      isChecked: right.isChecked || (right.canBeEmpty && left.isChecked),
    };
  }

  function link(from: readonly number[], to: readonly number[]): void {
    for (const at of from) for (const next of to) places[at]?.next.add(next);
  }

  const whole = build(tree);
  if (!whole.isChecked) for (const at of whole.last) Object.assign(places[at] ?? {}, { isEnd: true });
  if (!isAnchored(tree) || flags.includes('m')) {
    const search = addPlace(new Set(alphabet));
    const lineEnd = addPlace(new Set('\n'));
    const begin = isAnchored(tree) ? lineEnd : search;
    link([search], [search, lineEnd]);
    link([begin], whole.first);
  }
  return findLoops(places);
}

function isAnchored(node: Node): boolean {
  if (node.kind === 'start') return true;
  if (node.kind === 'choice') return node.options.every(isAnchored);
  return node.kind === 'sequence' && node.parts[0] !== undefined && isAnchored(node.parts[0]);
}

/** Two places p and q, and a text that leads from p to p, from p to q, and from q to q; q can still fail. */
function findLoops(places: readonly Place[]): string | null {
  for (const [p, { next }] of places.entries()) {
    if (next.size === 0) continue;
    for (const [q, place] of places.entries()) {
      if (p === q ? isAmbiguous(places, p) : !place.isEnd && reaches(places, [p, p, q], [p, q, q])) {
        return `places ${p} and ${q}`;
      }
    }
  }
  return null;
}

/** Two different ways from p to p by the same text. */
function isAmbiguous(places: readonly Place[], p: number): boolean {
  return places.some(
    (_, q) => q !== p && reaches(places, [p, p, p], [p, q, q]) && reaches(places, [p, q, q], [p, p, p]),
  );
}

/** True if one non-empty text leads each of the three from its start to its end. */
function reaches(places: readonly Place[], from: readonly number[], to: readonly number[]): boolean {
  const goal = to.join();
  const seen = new Set<string>();
  const waiting = [from];
  for (let now = waiting.pop(); now !== undefined; now = waiting.pop()) {
    for (const step of stepsOf(places, now)) {
      const name = step.join();
      if (name === goal) return true;
      if (!seen.has(name)) waiting.push(step);
      seen.add(name);
    }
  }
  return false;
}

function* stepsOf(places: readonly Place[], [a = 0, b = 0, c = 0]: readonly number[]): Generator<number[]> {
  for (const x of places[a]?.next ?? []) {
    for (const y of places[b]?.next ?? []) {
      for (const z of places[c]?.next ?? []) {
        if (canRead([x, y, z].map((at) => places[at]?.reads ?? new Set()))) yield [x, y, z];
      }
    }
  }
}

function canRead([first, second, third]: ReadonlySet<string>[]): boolean {
  return [...(first ?? [])].some((character) => second?.has(character) === true && third?.has(character) === true);
}
