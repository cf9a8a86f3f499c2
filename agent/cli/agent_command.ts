// What the commands of `drover-agent` work with.
import { cliCommandsWith, type ProgramContext, type CommandEntry } from '../../shared/terminal/cli_command.js';

export interface AgentContext extends ProgramContext {
  /** The path of agent.yaml, as it was given. */
  configFile: string;
}

export type AgentCommandRow = CommandEntry<AgentContext>;

export const defineCommand = cliCommandsWith<AgentContext>();
