// What the commands of `drover` work with.
import { cliCommandsWith, type BaseContext, type CommandEntry } from '../../shared/terminal/cli_command.js';

export interface DroverContext extends BaseContext {
  /** The name that `--context` gave, or null. */
  contextName: string | null;
}

export type DroverCommandRow = CommandEntry<DroverContext>;

export const defineCommand = cliCommandsWith<DroverContext>();

/** As a shell has it for a program that was ended by Ctrl-C. */
export const detachedExitCode = 130;
