// What the commands of `drover` work with.
import { cliCommandsWith, type ProgramContext, type CommandEntry } from '../../shared/terminal/cli_command.js';

export interface DroverContext extends ProgramContext {
  /** The name that `--context` gave, or null. */
  contextName: string | null;
}

export type DroverCommandRow = CommandEntry<DroverContext>;

export const defineCommand = cliCommandsWith<DroverContext>();
