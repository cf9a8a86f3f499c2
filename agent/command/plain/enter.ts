// Switches a process of the agent to the command's user, folder and environment.
import { quoteWord } from '../../../shared/os/quote_word.js';
import type { CommandSpec, User } from '../spec.js';

/** The PATH for the agent's own programs, and for commands whose environment has none. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs as the command's user, so that folder, PATH, LD_PRELOAD and the like never affect root. The environment is read
 * from descriptor 3: as arguments it would show in `ps`. The shell reads it line by line, which needs no extra process;
 * an incomplete environment is refused. The variables that `cd` exports are removed.
 */
const entrance = `
cd -- "$1" || exit 126
shift
drover_environment=
read -r drover_lines <&3 || exit 126
while [ "$drover_lines" -gt 0 ]; do
  IFS= read -r drover_line <&3 || exit 126
  drover_environment="$drover_environment$drover_line
"
  drover_lines=$((drover_lines - 1))
done
exec 3<&-
unset PWD OLDPWD drover_lines drover_line
eval "unset drover_environment; $drover_environment"
umask 022
exec "$@"
`;

/** The argv that runs a command as its user in its folder; it reads `exportEnvironment`'s text from descriptor 3. */
export function enterCommand(
  { user, cwd, argv }: Pick<CommandSpec, 'user' | 'cwd' | 'argv'>,
  agentUid: number,
): [string, ...string[]] {
  const enter = ['sh', '-c', entrance, 'sh', cwd, ...argv] as const;
  return user.uid === agentUid ? [...enter] : [...becomeUser(user), ...enter];
}

/** `--init-groups` sets the user's supplementary groups; uid and gid alone would leave none. */
function becomeUser(user: User): [string, ...string[]] {
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
}

/** The environment as a program for a POSIX shell, after a line with the number of its lines. */
export function exportEnvironment(env: CommandSpec['env']): string {
  const program = Object.entries(env)
    .map(([name, value]) => `export ${name}=${quoteWord(value)}\n`)
    .join('');
  return `${program.split('\n').length - 1}\n${program}`;
}
