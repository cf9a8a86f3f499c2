// The command line of one of our own programs in `programs/`.
import { fileURLToPath } from 'node:url';
import type { Word } from '../../command/tenant_path.js';

export type ProgramName = 'sqlite_inspect' | 'sqlite_backup' | 'sqlite_restore' | 'sqlite_fingerprint' | 'seal_backup';

/** One argument holds 128 KiB at most, and a character takes up to four bytes. */
const charactersPerArgument = 30_000;

/** Where the compiled program lies: beside this module, also when this module runs as TypeScript. */
export function programPath(name: ProgramName, moduleUrl: string = import.meta.url): string {
  if (!moduleUrl.endsWith('.ts')) return fileURLToPath(new URL(`programs/${name}.js`, moduleUrl));
  const root = new URL('../../../', moduleUrl);
  return fileURLToPath(new URL(`dist/agent/tenant/database/programs/${name}.js`, root));
}

/** `node <program> <arguments…>`; only the last argument may be long. */
export function programCommand<Own extends Word>(
  name: ProgramName,
  args: readonly Own[],
): [string | Own, ...(string | Own)[]] {
  const last = args.at(-1) ?? '';
  const parts = typeof last === 'string' ? splitArgument(last) : [last];
  return [process.execPath, programPath(name), ...args.slice(0, -1), ...parts];
}

function splitArgument(text: string): string[] {
  const parts = text.match(new RegExp(`.{1,${charactersPerArgument}}`, 'gsu'));
  return parts ?? [text];
}
