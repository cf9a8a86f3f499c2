// Merges a configuration over its defaults, key by key, and remembers of each key where it came from.
import type { ConfigSource, KeyPath } from './config_source.js';

/** Where a value came from; a mapping that both wrote has an origin for each of its keys. */
type Origin = 'own' | 'defaults' | ReadonlyMap<string, Origin>;
type Mapping = Readonly<Record<string, unknown>>;

/** Whether one mapping at this path may have all of these keys. */
export type IsOneMapping = (path: KeyPath, keys: readonly string[]) => boolean;

/**
 * Mappings are merged key by key; any other value of `own` replaces the default. A mapping that names another
 * alternative than the default (`{ token_file }` over `{ ssh_key, known_hosts }`) replaces it whole: `isOneMapping` says
 * which keys go together. A problem with a default names the file of the defaults.
 */
export function mergeSources(own: ConfigSource, defaults: ConfigSource, isOneMapping: IsOneMapping): ConfigSource {
  const { value, origin } = mergeMappings({ own: own.value, defaults: defaults.value }, [], isOneMapping);
  return { value, locate: (path) => (isDefault(origin, path) ? defaults : own).locate(path) };
}

function mergeMappings(
  { own, defaults }: { own: Mapping; defaults: Mapping },
  path: KeyPath,
  isOneMapping: IsOneMapping,
): { value: Mapping; origin: ReadonlyMap<string, Origin> } {
  const value = new Map<string, unknown>(Object.entries(defaults));
  const origin = new Map<string, Origin>(Object.keys(defaults).map((key) => [key, 'defaults']));
  for (const [key, ownValue] of Object.entries(own)) {
    const under = value.get(key);
    const place = [...path, key];
    if (isMapping(ownValue) && isMapping(under) && isMergeable(ownValue, under, isOneMapping.bind(null, place))) {
      const merged = mergeMappings({ own: ownValue, defaults: under }, place, isOneMapping);
      value.set(key, merged.value);
      origin.set(key, merged.origin);
    } else {
      value.set(key, ownValue);
      origin.set(key, 'own');
    }
  }
  return { value: Object.fromEntries(value), origin };
}

/** A mapping with a key that nobody knows is merged too: then its mistake is that key alone. */
function isMergeable(own: Mapping, defaults: Mapping, isOne: (keys: readonly string[]) => boolean): boolean {
  const keys = Object.keys(own);
  return isOne([...keys, ...Object.keys(defaults)]) || !isOne(keys);
}

function isDefault(origins: ReadonlyMap<string, Origin>, [key, ...rest]: KeyPath): boolean {
  const origin = key === undefined ? undefined : origins.get(String(key));
  if (origin === undefined || origin === 'own') return false;
  return origin === 'defaults' || isDefault(origin, rest);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
