// The ledger of a tenant: the files that its upgrades made beside its data, in the order in which they made them. Journals
// are pruned, and clocks are set; the ledger alone says what is there to be removed, and which of it is the newest.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../../shared/json.js';
import { replaceFile } from '../../shared/os/files.js';
import { appendLine } from './append_line.js';

/**
 * `backup`: a database's backup, or the archive of `rollback.files`. `aside`: what a restore set aside. `older`: not a
 * file, but the line that says that the journals from before this ledger are in it.
 */
const lineSchema = z.object({
  upgrade: z.string(),
  kind: z.enum(['backup', 'aside', 'older']),
  paths: z.array(z.string()),
});
type Line = z.infer<typeof lineSchema>;

/** Files that belong together, and the upgrade that made them. */
export interface MadeFiles extends Line {
  kind: 'backup' | 'aside';
}

export interface Ledger {
  /**
   * Notes files that are made from now on; it is on the disk when this resolves. Call it before the files are made. May
   * be called again.
   */
  note(made: MadeFiles): Promise<void>;
  /** All, the first one made first. */
  list(): Promise<MadeFiles[]>;
  /** Takes these out, once their files are gone. */
  remove(gone: readonly MadeFiles[]): Promise<void>;
}

const olderLine: Line = { upgrade: '', kind: 'older', paths: [] };

/**
 * The ledger in this file. `exclusive` runs work on it alone. `listOlder` finds what upgrades made before there was a
 * ledger, the first one first; it is called once, by the first `list`.
 */
export function openLedger(
  file: string,
  {
    exclusive,
    listOlder,
  }: { exclusive: <T>(work: () => Promise<T>) => Promise<T>; listOlder: () => Promise<MadeFiles[]> },
): Ledger {
  async function rewrite(lines: readonly Line[]): Promise<void> {
    await replaceFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  }

  return {
    note: (made) =>
      exclusive(async () => {
        if (!(await readLines(file)).some((line) => isSame(line, made))) await appendLine(file, JSON.stringify(made));
      }),
    list: () =>
      exclusive(async () => {
        const lines = await readLines(file);
        if (lines.some(({ kind }) => kind === 'older')) return lines.filter(isMade);
        const older = (await listOlder()).filter((made) => !lines.some((line) => isSame(line, made)));
        await rewrite([olderLine, ...older, ...lines]);
        return [...older, ...lines.filter(isMade)];
      }),
    remove: (gone) =>
      exclusive(async () => {
        const lines = await readLines(file);
        await rewrite(lines.filter((line) => !gone.some((made) => isSame(line, made))));
      }),
  };
}

const isMade = (line: Line): line is MadeFiles => line.kind !== 'older';
const isSame = (line: Line, made: Line) => line.kind === made.kind && line.paths.join('\0') === made.paths.join('\0');

/** False where no upgrade has made anything yet, or only an older agent's. */
export function hasLedger(file: string): boolean {
  return existsSync(file);
}

/** A line that was torn by a power cut announced files that were not made yet. */
async function readLines(file: string): Promise<Line[]> {
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.flatMap((line) => lineSchema.safeParse(parseJson(line)).data ?? []);
}
