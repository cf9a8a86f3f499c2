// `drover-agent` as a program that operates on upgrades: over the local socket of this host's agent.
import type { ResumableOperations } from '../../shared/terminal/operations.js';
import type { OperatorProgram } from '../../shared/terminal/operator_program.js';
import type { AgentContext } from './agent_command.js';

/** Only this host's operators may say where a tenant is. */
const ownOptions = { '--from <tag>': 'the current version, where the agent cannot tell it' };

export const operator: OperatorProgram<AgentContext, ResumableOperations> = {
  name: 'drover-agent',
  unreachable: 'the agent disconnected',
  planOptions: ownOptions,
  upgradeOptions: ownOptions,
  upgradeHelp: { paragraph: '', examples: '' },
  open: async (context) => (await import('./local_operations.js')).openLocalOperations(context),
};
