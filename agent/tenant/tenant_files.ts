// The one door to a tenant's files: short looks at them, each by a process of the tenant's user with a time limit. Root
// opens none of them: a FIFO, a device or a mount of the tenant would hold the whole agent up.
import { AppError } from '../../shared/errors.js';
import type { ProbeResult, RunProbe, User } from '../command/spec.js';
import type { TenantPath, Word } from '../command/tenant_path.js';
import { agentLimits } from '../limits.js';
import { minimalEnvironment } from './site.js';

/** Who looks, and by which probe. */
export interface Looking {
  probe: RunProbe;
  user: User;
}

export interface Look {
  /** A program for `sh`, or for Perl; `words` are its arguments. */
  script: string;
  language?: 'sh' | 'perl';
  words: readonly Word[];
  cwd?: Word;
  timeLimitMs?: number;
  /** As of a probe. */
  keepsPrinted?: boolean;
}

/** Runs the script as the user. A failing script is a result. Throws AppError `time-limit`, and what a probe throws. */
export function lookAt({ probe, user }: Looking, look: Look): Promise<ProbeResult> {
  const { script, language = 'sh', words, cwd = '/', timeLimitMs = agentLimits.tenantLook.max, keepsPrinted } = look;
  const start = language === 'sh' ? (['sh', '-c', script, 'sh'] as const) : (['perl', '-e', script, '--'] as const);
  const limits = { timeLimitMs, ...(keepsPrinted === undefined ? {} : { keepsPrinted }) };
  return probe({ argv: [...start, ...words], user, cwd, env: minimalEnvironment(user), ...limits });
}

/** The folder's path without symbolic links, as the kernel shows it. Throws AppError `io`. */
export async function resolveFolder(looking: Looking, folder: TenantPath): Promise<string> {
  const script = 'cd -P -- "$1" && pwd -P && echo .';
  const { exitCode, stdout, stderr } = await lookAt(looking, { script, words: [folder] });
  // The last line shows the end of a name that ends in a line break.
  if (exitCode === 0) return stdout.slice(0, -'\n.\n'.length);
  throw new AppError('io', `${folder.shown} cannot be entered as ${looking.user.name}: ${stderr.trim()}`);
}

/**
 * Which of nothing, `_2`, `_3` … is the first to end names of which none is taken, neither alone nor with `suffix`.
 */
export async function findFreeSuffix(
  looking: Looking,
  names: readonly [TenantPath, ...TenantPath[]],
  suffix: string,
): Promise<string> {
  const script = `
    n=1 end= suffix=$1
    shift
    is_taken() { for name; do if [ -e "$name$end" ] || [ -L "$name$end" ]; then return 0; fi
      if [ -e "$name$end$suffix" ] || [ -L "$name$end$suffix" ]; then return 0; fi; done; return 1; }
    while is_taken "$@"; do n=$((n + 1)) end=_$n; done
    echo "$n"`;
  const { exitCode, stdout, stderr } = await lookAt(looking, { script, words: [suffix, ...names] });
  const n = Number(stdout);
  if (exitCode !== 0 || !Number.isSafeInteger(n) || n < 1) {
    throw new AppError('io', `${looking.user.name} cannot look for ${names[0].shown}: ${stderr.trim()}`);
  }
  return n === 1 ? '' : `_${n}`;
}

/** True where something has each of these names; a symbolic link counts, wherever it leads. */
export async function areThere(looking: Looking, files: readonly TenantPath[]): Promise<boolean> {
  const script = 'for file; do [ -e "$file" ] || [ -L "$file" ] || exit 1; done';
  return (await lookAt(looking, { script, words: files })).exitCode === 0;
}

export interface FileSystem {
  /** Equal numbers mean one file system. */
  device: number;
  freeBytes: number;
  inodes: number;
  freeInodes: number;
}

/** The file systems of the folders, in their order. Throws AppError `io`. */
export async function measureFolders(looking: Looking, folders: readonly TenantPath[]): Promise<FileSystem[]> {
  if (folders.length === 0) return [];
  const script = 'stat -L --format=%d -- "$@" && stat -f --format="%S %a %c %d" -- "$@"';
  const { exitCode, stdout, stderr } = await lookAt(looking, { script, words: folders });
  if (exitCode !== 0) throw new AppError('io', `the tenant's folders cannot be measured: ${stderr.trim()}`);
  const lines = stdout.split('\n');
  return folders.map((_, index) => {
    const [blockBytes = 0, freeBlocks = 0, inodes = 0, freeInodes = 0] = (lines[folders.length + index] ?? '')
      .split(' ')
      .map(Number);
    return { device: Number(lines[index]), freeBytes: blockBytes * freeBlocks, inodes, freeInodes };
  });
}
