// The effective values of a tenant file, key by key, each with where it comes from.
import { z } from 'zod';
import type { ConfigSource, KeyPath } from '../../../shared/config/config_source.js';
import { describeSchema } from '../../../shared/config/describe_schema.js';
import { tenantFileSchema } from './tenant_config.js';

export interface EffectiveKey {
  /** `time_limits.hook`. */
  key: string;
  /** As one would write it. */
  value: unknown;
  /** `file:line`, or null for a default of Drover itself. */
  origin: string | null;
}

/** In the order of the schema. Lists are one value. `source` has the defaults merged in. */
export function listEffective(source: ConfigSource): EffectiveKey[] {
  const { defaultsAt } = describeSchema(tenantFileSchema);
  const keys: EffectiveKey[] = [];
  const visit = (value: unknown, path: KeyPath, isWritten: boolean): void => {
    if (!isMapping(value)) {
      keys.push({ key: path.map(String).join('.'), value, origin: isWritten ? source.locate(path) : null });
      return;
    }
    const own = Object.keys(value);
    const all = { ...defaultsAt(path, own), ...value };
    if (Object.keys(all).length === 0 && isWritten) {
      keys.push({ key: path.map(String).join('.'), value, origin: source.locate(path) });
    }
    for (const [key, inner] of Object.entries(all)) visit(inner, [...path, key], isWritten && own.includes(key));
  };
  for (const key of Object.keys(tenantFileSchema.shape)) {
    const isWritten = Object.hasOwn(source.value, key);
    const value = isWritten ? source.value[key] : defaultsAt([], [])[key];
    if (value !== undefined) visit(value, [key], isWritten);
  }
  return keys;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return z.record(z.string(), z.unknown()).safeParse(value).success;
}
