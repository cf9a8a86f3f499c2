// The host as a command sees it: its configuration, the agent's state folder, and a connection to the agent.
import type { AgentConfig } from '../config/agent_config.js';
import { loadAgentConfig } from '../config/load.js';
import type { LocalConnection } from '../local/connect_agent.js';
import { stateFolder, type StateFolder } from '../store/state_folder.js';
import type { AgentContext } from './agent_command.js';

export interface OpenHost {
  config: AgentConfig;
  state: StateFolder;
}

/** Throws AppError `config`. */
export async function openHost({ configFile }: AgentContext): Promise<OpenHost> {
  const config = await loadAgentConfig(configFile);
  return { config, state: stateFolder(config.state_dir) };
}

/** Works with a connection to the agent, which is started where none runs. */
export async function withAgent<T>(
  context: AgentContext,
  { config }: OpenHost,
  work: (connection: LocalConnection) => Promise<T>,
): Promise<T> {
  // Loaded here, as the commands that read files have no use for it and should start fast.
  const { connectOrStartAgent } = await import('../local/connect_or_start_agent.js');
  const connection = await connectOrStartAgent({
    stateDir: config.state_dir,
    configFile: config.file,
    program: context.program,
    onStart: () =>
      context.screen.noteToPerson('No agent runs on this host; one is started for this command, and ends by itself.'),
  });
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
