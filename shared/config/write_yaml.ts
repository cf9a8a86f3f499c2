// Writes plain values as YAML, for files that a program keeps itself.
import { stringify } from 'yaml';

export function toYaml(value: unknown): string {
  return stringify(value);
}
