// The host as a command sees it: its configuration, the agent's state folder, and a connection to the agent.
import type { AgentConfig } from '../config/agent_config.js';
import { loadAgentConfig } from '../config/load.js';
import type { LocalConnection } from '../local/connect_agent.js';
import { stateFolder, type StateFolder } from '../store/state_folder.js';
import { checkTrustedFolder } from '../../shared/os/trusted/folder.js';
import type { AgentContext } from './agent_command.js';

export interface OpenHost {
  config: AgentConfig;
  state: StateFolder;
}

/** Loads the configuration, and checks the state folder's path. Throws AppError `config`. */
export async function openHost({ configFile }: Pick<AgentContext, 'configFile'>): Promise<OpenHost> {
  const config = await loadAgentConfig(configFile);
  // Its files are used by their paths.
  await checkTrustedFolder(config.state_dir, { mayBeMissing: true });
  return { config, state: stateFolder(config.state_dir) };
}

/** A connection to the agent, which is started where none runs. Throws AppError: what kept it from starting, or `unreachable`. */
export async function connectToAgent(
  { program, screen }: Pick<AgentContext, 'program' | 'screen'>,
  { config }: OpenHost,
): Promise<LocalConnection> {
  // Loaded here: the commands that only read files do not need it, and start fast.
  const { connectOrStartAgent } = await import('../local/connect_or_start_agent.js');
  return connectOrStartAgent({
    stateDir: config.state_dir,
    configFile: config.file,
    program,
    onStart: () =>
      screen.noteToPerson('No agent runs on this host: this command starts one, which ends when it is idle.'),
  });
}
