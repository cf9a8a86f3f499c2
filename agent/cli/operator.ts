// `drover-agent` as a program that operates on upgrades: over the local socket of this host's agent.
import type { OperatorProgram } from '../../shared/terminal/operator_program.js';
import type { AgentContext } from './agent_command.js';

export const operator: OperatorProgram<AgentContext> = {
  name: 'drover-agent',
  unreachable: 'the agent disconnected',
  upgradeOptions: {},
  upgradeHelp: { paragraph: '', examples: '' },
  changeOptions: {},
  open: async (context) => (await import('./local_operations.js')).openLocalOperations(context),
};
