// What the commands of `drover` work with.
import { commandsWith, type BaseContext, type CommandRow } from '../../shared/terminal/cli_command.js';

export interface Context extends BaseContext {
  /** The name that `--context` gave, or null. */
  contextName: string | null;
}

export type DroverCommandRow = CommandRow<Context>;

export const defineCommand = commandsWith<Context>();

/** As a shell has it for a program that was ended by Ctrl-C. */
export const detachedExitCode = 130;
