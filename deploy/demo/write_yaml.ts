// Writes configuration files as Drover requires them: YAML that only the owner can change.
import { chmod, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

/** Makes or replaces the file. */
export async function writeYaml(file: string, keys: Readonly<Record<string, unknown>>): Promise<void> {
  await writeFile(file, stringify(keys));
  await chmod(file, 0o644);
}
