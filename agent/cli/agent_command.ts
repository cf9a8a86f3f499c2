// What the commands of `drover-agent` work with.
import { commandsWith, type BaseContext, type CommandRow } from '../../shared/terminal/cli_command.js';

export interface Context extends BaseContext {
  /** The path of agent.yaml, as it was given. */
  configFile: string;
}

export type AgentCommandRow = CommandRow<Context>;

export const defineCommand = commandsWith<Context>();
