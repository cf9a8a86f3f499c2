// Parses regular expressions into repetitions, choices and single characters: as much as this project's own need.

export type Node =
  /** A character; `source` is an expression that matches the characters it stands for. */
  | { kind: 'char'; source: string }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; options: Node[] }
  | { kind: 'repeat'; part: Node; isOptional: boolean; isUnbounded: boolean }
  /** `^` */
  | { kind: 'start' }
  /** `$` or `\b`: it can fail and takes no character. */
  | { kind: 'assertion' };

const escape = /^\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|p\{\w+\}|.)/s;
const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/;
const group = /^\((?:\?:|\?<\w+>)?/;

/** Throws for what it does not know, such as a look-ahead or a back-reference. */
export function parseRegExp(source: string): Node {
  let at = 0;
  const take = (pattern: RegExp) => {
    const [text] = pattern.exec(source.slice(at)) ?? [];
    at += text?.length ?? 0;
    return text;
  };

  function parseChoice(): Node {
    const options = [parseSequence()];
    while (source[at] === '|') {
      at += 1;
      options.push(parseSequence());
    }
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'choice', options };
  }

  function parseSequence(): Node {
    const parts: Node[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      const atom = parseAtom();
      parts.push(repeat(atom, take(quantifier)));
    }
    return { kind: 'sequence', parts };
  }

  function parseAtom(): Node {
    const next = source[at];
    if (next === '[') return { kind: 'char', source: take(/^\[(?:\\.|[^\]\\])*\]/s) ?? '' };
    if (next === '(') {
      if (/^\(\?[=!<](?!\w)/.test(source.slice(at))) throw new Error(`${source} looks around`);
      take(group);
      const inner = parseChoice();
      at += 1;
      return inner;
    }
    if (next === '\\') {
      const text = take(escape) ?? '';
      if (/^\\[bB]$/.test(text)) return { kind: 'assertion' };
      if (/^\\[1-9k]/.test(text)) throw new Error(`${source} refers back`);
      return { kind: 'char', source: text };
    }
    at += 1;
    if (next === '^') return { kind: 'start' };
    return next === '$' ? { kind: 'assertion' } : { kind: 'char', source: next ?? '' };
  }

  return parseChoice();
}

/** A bounded repetition cannot make an expression slow on long texts: twice stands for any number. */
function repeat(part: Node, words: string | undefined): Node {
  if (words === undefined) return part;
  const [, least = '0', comma, most = ''] = /^\{(\d+)(,?)(\d*)\}/.exec(words) ?? [];
  const isCounted = words.startsWith('{');
  const isUnbounded = isCounted ? comma === ',' && most === '' : /^[*+]/.test(words);
  const isOptional = isCounted ? least === '0' : /^[*?]/.test(words);
  const once: Node = { kind: 'repeat', part, isOptional, isUnbounded };
  if (!isCounted || isUnbounded || least === '1' || words.startsWith('{0,1}')) return once;
  return { kind: 'sequence', parts: [once, once] };
}
