// Ends the commands that a stage has begun and whose end is not in the journal. An agent that goes on with a stage may
// leave its body before that has come to the command which runs since before: at a cancel, or at a failed look.
import type { EventOf } from '../../shared/model/journal/events.js';
import type { User } from '../command/spec.js';
import { commandFolder, isBegun } from '../store/run_folders.js';
import { describeLeft, isOfEarlierBoot, lost, type CommandRunner } from './run_command.js';

/** Looks and the next stage must never run beside them. */
const ended = AbortSignal.abort(new Error('its step has ended'));

/**
 * Ends those that run as a cancel does, and writes the end of each. `user` is the tenant's: a command of another account
 * is found by its session. May be called again.
 */
export async function endOpenCommands(
  runner: Pick<CommandRunner, 'journal' | 'execute' | 'runs' | 'upgradeId' | 'bootId'>,
  user: User,
): Promise<void> {
  const { journal, execute, runs, upgradeId } = runner;
  for (const { key, title, keeps_children: keepsChildren } of listOpen(journal.events)) {
    const folder = commandFolder(runs, key);
    if (!isBegun(folder)) continue;
    const children = keepsChildren === true ? { keepsChildren } : {};
    const spec = { title, argv: ['true'], user, cwd: '/', env: {}, timeLimitMs: 0, ...children } as const;
    const work = { folder, spec, label: `${upgradeId}/${key}`, cancel: ended };
    const { left, ...exit } = isOfEarlierBoot(runner, key) ? lost : await execute(work);
    if (left.length > 0) journal.append({ type: 'warning', text: describeLeft(spec, left) });
    journal.append({ type: 'exit', key, ...exit });
  }
}

function listOpen(events: CommandRunner['journal']['events']): EventOf<'command'>[] {
  const over = new Set(events.flatMap((event) => (event.type === 'exit' ? [event.key] : [])));
  return events.filter((event): event is EventOf<'command'> => event.type === 'command' && !over.has(event.key));
}
