// The two short shell programs between the agent and a command, for hosts and tests without systemd's help.
import type { CommandSpec, User } from '../spec.js';

/**
 * Runs as the agent's user, in a session of its own, and outlives the agent. `started` is created exclusively, so of two
 * supervisors in one folder only one goes on. The traps keep it alive to write `exit` when its session is told to stop;
 * a trap with a command is reset in children, an ignored signal would be inherited. stdout and stderr share one file
 * description, which keeps their order, and no pipe, which a child left behind could hold open.
 */
const supervisor = `
run=$1 input=$2; shift 2
read -r boot </proc/sys/kernel/random/boot_id
read -r stat </proc/$$/stat
set -C
printf '%s\\n%s\\n' "$boot" "$stat" >"$run/started" || exit 0
set +C
trap : HUP INT QUIT TERM
"$@" 3<"$run/environment" <"$input" >>"$run/output" 2>&1
status=$?
printf '%s\\n' "$status" >"$run/exit"
exit "$status"
`;

/** Runs as the command's user: takes over the environment (it would show in \`ps\` as arguments), enters the folder. */
const entrance = 'eval "$(cat <&3)"; exec 3<&-; umask 022; cd -- "$1" || exit 126; shift; exec "$@"';

/** The arguments that turn a process of the agent into one of \`user\`, or none where it is that already. */
export function becomeUser(user: User, agentUid: number): string[] {
  if (user.uid === agentUid) return [];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
}

/** The whole argv of a supervised command. */
export function superviseCommand(folder: string, spec: CommandSpec, agentUid: number): [string, ...string[]] {
  const input = spec.stdin ?? '/dev/null';
  const enter = [...becomeUser(spec.user, agentUid), 'sh', '-c', entrance, 'sh', spec.cwd, ...spec.argv];
  return ['sh', '-c', supervisor, 'drover-supervisor', folder, input, ...enter];
}
