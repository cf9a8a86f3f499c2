// Gives a program the command `completion`, which knows all its commands.
import type { ProgramContext } from '../cli_command.js';
import type { Program } from '../program.js';

/** The program, and the command as its last. */
export function withCompletion<Context extends ProgramContext>(program: Program<Context>): Program<Context> {
  const entry = {
    name: 'completion',
    summary: 'Print a script that completes commands and options in your shell',
    load: async () => ({ command: (await import('../commands/completion.js')).makeCommand(completed) }),
  };
  const completed: Program<Context> = { ...program, commands: [...program.commands, entry] };
  return completed;
}
