// `drover-agent` as a program that operates on upgrades: over the local socket of this host's agent.
import type { ResumableOperations } from '../../shared/terminal/operations.js';
import type { OperatorProgram } from '../../shared/terminal/operator_program.js';
import type { AgentContext } from './agent_command.js';

/** Only operators of this host may name the current version. */
const ownOptions = { '--from <tag>': 'the current version, where the agent cannot determine it' };

export const operator: OperatorProgram<AgentContext, ResumableOperations> = {
  name: 'drover-agent',
  unreachable: 'the agent disconnected',
  planOptions: ownOptions,
  upgradeOptions: ownOptions,
  upgradeHelp: { paragraph: '', examples: '' },
  open: async (context) => (await import('./local_operations.js')).openLocalOperations(context),
};
