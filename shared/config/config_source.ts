// Where a configuration's values came from, so that a problem with one names its file, line and key.
import { AppError, type AppErrorOptions } from '../errors.js';

export type KeyPath = readonly PropertyKey[];

export interface ConfigSource {
  value: Readonly<Record<string, unknown>>;
  /** `file:line` of a key, or of its parent when it is missing. */
  locate: (path: KeyPath) => string;
}

export interface ConfigProblem {
  path: KeyPath;
  what: string;
}

/** AppError `config` with a line `<file>:<line>: <key.path>: <what>` for each problem. */
export function configError(source: ConfigSource, problems: ConfigProblem[], options: AppErrorOptions = {}): AppError {
  const lines = problems.map(({ path, what }) => {
    const where = source.locate(path);
    return path.length === 0 ? `${where}: ${what}` : `${where}: ${keyPathText(path)}: ${what}`;
  });
  return new AppError('config', lines.join('\n'), options);
}

export interface FoundProblems {
  /** `file:line` of a key. */
  locate: ConfigSource['locate'];
  add(problems: readonly ConfigProblem[], hint?: string): void;
  /** Does `work` for the value of a key. An AppError that it throws becomes a problem of the key, and gives null. */
  forKey<T>(path: KeyPath, work: () => Promise<T>): Promise<T | null>;
  /** Throws AppError `config` with all problems, where there are some. */
  throwIfAny(): void;
}

/** Collects the problems of one configuration, so that all of them are told at once. */
export function collectProblems(source: ConfigSource): FoundProblems {
  const found: AppError[] = [];
  return {
    locate: source.locate,
    add(problems, hint) {
      if (problems.length > 0) found.push(configError(source, [...problems], hint === undefined ? {} : { hint }));
    },
    async forKey(path, work) {
      try {
        return await forKey(source, path, work);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        found.push(error);
        return null;
      }
    },
    throwIfAny() {
      const [first] = found;
      if (first !== undefined) throw found.length === 1 ? first : joinErrors(found);
    },
  };
}

/** One AppError `config` with the messages of all in the order of their lines, and each hint once. */
function joinErrors(errors: readonly AppError[]): AppError {
  const hints = new Set(errors.flatMap(({ hint }) => hint ?? []));
  const lines = errors.flatMap(({ message }) => message.split('\n'));
  const { compare } = new Intl.Collator('en', { numeric: true });
  return new AppError('config', lines.toSorted(compare).join('\n'), {
    cause: errors[0],
    ...(hints.size === 0 ? {} : { hint: [...hints].join('\n') }),
  });
}

/** Runs `work` for the value of a key. An AppError that it throws then names file, line and key. */
export async function forKey<T>(source: ConfigSource, path: KeyPath, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const options = error.hint === undefined ? {} : { hint: error.hint };
    throw configError(source, [{ path, what: error.message }], { ...options, cause: error });
  }
}

/** `services[1]`, `health.url`. */
function keyPathText(path: KeyPath): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .slice(1);
}
