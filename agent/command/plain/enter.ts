// How a process of the agent becomes one of a command: its user, its folder, its environment.
import { quoteWord } from '../../../shared/os/quote_word.js';
import type { CommandSpec, User } from '../spec.js';

/** Where the agent's own programs are looked for, and a command's when its environment does not say. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs as the command's user, so that folder, PATH and the likes of LD_PRELOAD are none of root's business. The
 * environment is read from descriptor 3: as arguments it would show in `ps`. The shell itself reads it, line by line, for
 * that takes no process; cut off in the middle, it is no environment. What `cd` exports is nobody's wish.
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

/** `--init-groups` gives it the user's supplementary groups; by uid and gid alone it would have none. */
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
