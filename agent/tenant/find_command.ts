// Finds the programs that configured command lines name, as they are found when the commands run.
import { TenantPath } from '../command/tenant_path.js';
import { placeOf } from './configured_command.js';
import { minimalEnvironment, type ReadContext } from './site.js';
import { lookAt } from './tenant_files.js';
import type { ConfiguredCommand } from './values.js';

/**
 * Arguments: the folders to search, then the names. Prints a path or nothing for each, with a NUL after it. An empty
 * folder means the working folder, as in a shell.
 */
const findScript = `
folders=$1; shift
is_program() { [ -f "$1" ] && [ -x "$1" ] && printf %s "$1"; }
find_program() {
  case $1 in */*) is_program "$1"; return ;; esac
  rest=$folders:
  while [ -n "$rest" ]; do
    folder=\${rest%%:*}
    is_program "\${folder:-.}/$1" && return
    rest=\${rest#*:}
  done
}
for name; do find_program "$name"; printf '\\0'; done
`;

/** The path of the program of this name or path, or null. */
export type FindProgram = (name: string) => Promise<TenantPath | null>;

/**
 * For each command the path of its executable file, or null when there is none: an absolute path, a path relative to
 * the site's `appDir`, or a name on its PATH. Each account looks for its own commands.
 */
export async function findCommands(
  commands: readonly ConfiguredCommand[],
  { site, probe }: Pick<ReadContext, 'site' | 'probe'>,
): Promise<(TenantPath | null)[]> {
  const found = new Map<ConfiguredCommand, TenantPath>();
  const places = commands.map((command) => ({ command, ...placeOf(site, command) }));
  const users = [...new Set(places.map(({ user }) => user.uid))];
  const look = async (uid: number) => {
    const own = places.filter(({ user }) => user.uid === uid);
    const [first] = own;
    if (first === undefined) return;
    const { user, cwd, env } = first;
    const folders = env['PATH'] ?? minimalEnvironment(user)['PATH'] ?? '';
    const names = own.map(({ argv: [program] }) => program);
    const { stdout } = await lookAt({ probe, user }, { cwd, script: findScript, words: [folders, ...names] });
    for (const [index, file] of stdout.split('\0').entries()) {
      const command = own[index]?.command;
      if (command === undefined || file === '') continue;
      found.set(command, file.startsWith('/') ? new TenantPath(file) : site.appDir.join(file));
    }
  };
  await Promise.all(users.map(look));
  return commands.map((command) => found.get(command) ?? null);
}

/** Looks for programs on the site's PATH, for each name once. */
export function createProgramFinder(readContext: Pick<ReadContext, 'site' | 'probe'>): FindProgram {
  const known = new Map<string, Promise<TenantPath | null>>();
  return (name) => {
    const finding = known.get(name) ?? findCommands([[name]], readContext).then(([found]) => found ?? null);
    known.set(name, finding);
    return finding;
  };
}
