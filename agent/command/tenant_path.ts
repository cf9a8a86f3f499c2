// A path in a tenant's folders. The tenant can replace what is there at any moment, so root must not open it. It is no
// string, so node:fs does not take it: it is a word of a command that runs as the tenant's user.
import path from 'node:path';

/** A word of a command line, or the value of a variable. */
export type Word = string | TenantPath;

/** The environment of a command. */
export type Environment = Readonly<Record<string, Word>>;

export class TenantPath {
  readonly #path: string;

  constructor(text: string) {
    this.#path = text;
  }

  /** For the modules that start a process, and no others: the text of a word. */
  static textOf(word: Word): string {
    return typeof word === 'string' ? word : word.#path;
  }

  /** For messages, screens and journals: never to be opened. */
  get shown(): string {
    return this.#path;
  }

  /** The part after the last slash. */
  get name(): string {
    return path.basename(this.#path);
  }

  get parent(): TenantPath {
    return new TenantPath(path.dirname(this.#path));
  }

  /** A path below this one. */
  join(...parts: readonly string[]): TenantPath {
    return new TenantPath(path.join(this.#path, ...parts));
  }

  /** A path beside this one, whose name begins like this one's. */
  withSuffix(suffix: string): TenantPath {
    return new TenantPath(this.#path + suffix);
  }

  /** What this path has after the text of `start`, which it begins with. */
  endAfter(start: TenantPath): string {
    return this.#path.slice(start.#path.length);
  }

  /** How one gets here from another path; `..` and more where this one is not below it. */
  relativeTo(other: TenantPath): string {
    return path.relative(other.#path, this.#path);
  }

  /** The word with this path in place of each `placeholder`. */
  fillIn(word: string, placeholder: string): Word {
    return word.includes(placeholder) ? new TenantPath(word.replaceAll(placeholder, () => this.#path)) : word;
  }

  /** True for the same text. */
  is(other: TenantPath): boolean {
    return this.#path === other.#path;
  }

  /** Whether a text holds this path or that of what is below it; also without the first slash. */
  isNamedIn(text: string): boolean {
    const name = this.#path.slice(1).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    const plain = text
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
    return new RegExp(String.raw`(^|[^\w.-])${name}(?![\w.-])`).test(plain);
  }

  /** As it is shown. */
  toJSON(): string {
    return this.#path;
  }
}

/** A command line for messages. */
export function showWords(words: readonly Word[]): string {
  return words.map((word) => (typeof word === 'string' ? word : word.shown)).join(' ');
}
