// The commands of `drover-agent`, each in a file of its own that is loaded only when it is used.
import { operatorCommands, resumeCommand } from '../../shared/terminal/operator_commands.js';
import type { AgentCommandRow } from './agent_command.js';
import { operator } from './operator.js';

const shared = operatorCommands(operator);

export const commands: readonly AgentCommandRow[] = [
  shared.plan,
  shared.upgrade,
  {
    name: 'status',
    summary: 'Show the tenants: versions, upgrades, and which need an operator',
    load: () => import('./commands/status.js'),
  },
  shared.logs,
  shared.cancel,
  shared.rollback,
  resumeCommand(operator),
  {
    name: 'hooks list',
    summary: 'List the release hooks that an upgrade would run',
    load: () => import('./commands/hooks_list.js'),
  },
  {
    name: 'hooks history',
    summary: 'List the release hooks that ran for a tenant',
    load: () => import('./commands/hooks_history.js'),
  },
  {
    name: 'hooks mark',
    summary: "Mark a tag's hooks as done or skipped, so that they do not run",
    load: () => import('./commands/hooks_mark.js'),
  },
  {
    name: 'run',
    summary: 'Run the agent of this host until it is stopped',
    load: () => import('./commands/run.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  hooks: 'List release hooks, and mark them',
};
