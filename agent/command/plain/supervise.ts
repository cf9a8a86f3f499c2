// The supervisor: the short shell program between the agent and a command, where systemd does not supervise it.
import { quoteWord } from '../../../shared/os/quote_word.js';
import type { CommandSpec } from '../spec.js';
import { enterCommand } from './enter.js';

/**
 * Runs as the agent's user, in a session of its own, and outlives the agent. `started` is created exclusively, so of
 * two supervisors in one folder only one continues; where it cannot be written in full it is removed, as nothing has
 * begun. The traps keep the supervisor alive to write `exit` when its session gets a signal. Children reset a trap with
 * a command, but would inherit an ignored signal. stdout and stderr share one file description, which keeps their
 * order; a pipe could be held open by a child left behind. Files that must be durable are synced before `exit` is
 * written, and a failed sync fails the command. The supervisor's own exit status equals `exit`, in case the disk is
 * full.
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

/** A line of shell; empty where nothing needs a sync. */
function syncFileSystems({ durable }: CommandSpec, agentUid: number): string {
  if (durable === undefined || durable.folders.length === 0) return '';
  const argv = enterCommand({ user: durable.user, cwd: '/', argv: ['sync', '-f', '--', ...durable.folders] }, agentUid);
  // Descriptor 3 holds an empty environment.
  return `${argv.map(quoteWord).join(' ')} 3<<. >>"$run/output" 2>&1 || [ "$status" != 0 ] || status=1\n0\n.`;
}
