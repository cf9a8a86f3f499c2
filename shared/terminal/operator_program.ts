// A program whose commands operate on upgrades: its words, and the adapter that its commands use.
import type { ProgramContext } from './cli_command.js';
import type { Operations } from './operations.js';

export interface OperatorProgram<Context extends ProgramContext> {
  /** As it is typed. */
  name: string;
  /** What exit code 3 means, such as `the agent disconnected`. */
  unreachable: string;
  /** Options of `upgrade` that this program alone has, by flags; the paragraph and the examples of its help that go with them. */
  upgradeOptions: Readonly<Record<string, string>>;
  upgradeHelp: { paragraph: string; examples: string };
  /** The same of every command that changes something. */
  changeOptions: Readonly<Record<string, string>>;
  /** Makes the adapter. It connects when it has to. `reason` is why its changes are made, where somebody said so. */
  open(context: Context, reason?: string): Promise<Operations>;
}

/** The program, for changes that are made for this reason. */
export function givingReason<Context extends ProgramContext>(
  program: OperatorProgram<Context>,
  reason: string | undefined,
): OperatorProgram<Context> {
  return { ...program, open: (context) => program.open(context, reason) };
}

/** Works with the adapter, and closes it. */
export async function withOperations<Context extends ProgramContext, T>(
  context: Context,
  program: OperatorProgram<Context>,
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  const operations = await program.open(context);
  try {
    return await work(operations);
  } finally {
    operations.close();
  }
}
