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

/** The tenant's own keys over the defaults, key by key; a problem with a default names the file of the defaults. */
export function mergeSources(own: ConfigSource, defaults: ConfigSource): ConfigSource {
  const isDefault = ([key]: KeyPath) =>
    key !== undefined && !Object.hasOwn(own.value, key) && Object.hasOwn(defaults.value, key);
  return {
    value: { ...defaults.value, ...own.value },
    locate: (path) => (isDefault(path) ? defaults : own).locate(path),
  };
}

/** AppError `config` with a line `<file>:<line>: <key.path>: <what>` for each problem. */
export function configError(source: ConfigSource, problems: ConfigProblem[], options: AppErrorOptions = {}): AppError {
  const lines = problems.map(({ path, what }) => {
    const where = source.locate(path);
    return path.length === 0 ? `${where}: ${what}` : `${where}: ${keyPathText(path)}: ${what}`;
  });
  return new AppError('config', lines.join('\n'), options);
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
