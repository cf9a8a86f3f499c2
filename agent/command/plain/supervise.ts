// The short shell program between the agent and a command, for hosts and tests without systemd's help.
import { quoteWord } from '../../../shared/os/quote_word.js';
import type { CommandSpec } from '../spec.js';
import { enterCommand } from './enter.js';

/**
 * Runs as the agent's user, in a session of its own, and outlives the agent. `started` is created exclusively, so of two
 * supervisors in one folder only one goes on; when it cannot be written in full it is removed, for nothing has begun.
 * The traps keep it alive to write `exit` when its session is told to stop; a trap with a command is reset in children,
 * an ignored signal would be inherited. stdout and stderr share one file description, which keeps their order, and no
 * pipe, which a child left behind could hold open. What the command is to leave is on the disk before `exit` says that it
 * has ended, or it has failed. Its own exit status says the same as `exit`, should the disk be full.
 */
const supervise = (sync: string) => `
run=$1 input=$2; shift 2
read -r boot </proc/sys/kernel/random/boot_id
read -r stat </proc/$$/stat
set -C
true >"$run/started" || exit 1
set +C
printf '%s\\n%s\\n' "$boot" "$stat" >"$run/started" || { rm -f "$run/started"; exit 1; }
trap : HUP INT QUIT TERM
"$@" 3<"$run/environment" <"$input" >>"$run/output" 2>&1
status=$?
${sync}
printf '%s\\n' "$status" >"$run/exit"
exit "$status"
`;

/** The whole argv of a supervised command. */
export function superviseCommand(folder: string, spec: CommandSpec, agentUid: number): [string, ...string[]] {
  const input = spec.stdin ?? '/dev/null';
  const supervisor = supervise(syncFileSystems(spec, agentUid));
  return ['sh', '-c', supervisor, 'drover-supervisor', folder, input, ...enterCommand(spec, agentUid)];
}

/** A line of shell, empty where there is nothing to sync. */
function syncFileSystems({ durable }: CommandSpec, agentUid: number): string {
  if (durable === undefined || durable.folders.length === 0) return '';
  const argv = enterCommand({ user: durable.user, cwd: '/', argv: ['sync', '-f', '--', ...durable.folders] }, agentUid);
  // All that descriptor 3 says is that there is no environment to export.
  return `${argv.map(quoteWord).join(' ')} 3<<. >>"$run/output" 2>&1 || [ "$status" != 0 ] || status=1\n0\n.`;
}
