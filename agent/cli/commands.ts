// The commands of `drover-agent`, each in a file of its own that is loaded only when it is used.
import { operatorCommands, operatorGroups } from '../../shared/terminal/operator_commands.js';
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
  shared.resume,
  shared.history,
  shared.hooksList,
  shared.hooksHistory,
  shared.hooksMark,
  {
    name: 'check',
    summary: 'Check agent.yaml and the tenant files; tell all mistakes at once',
    load: () => import('./commands/check.js'),
  },
  {
    name: 'config show',
    summary: "Show a tenant's effective configuration, and where each value comes from",
    load: () => import('./commands/config_show.js'),
  },
  {
    name: 'init',
    summary: 'Write a tenant file from what is found of an existing installation',
    load: () => import('./commands/init.js'),
  },
  {
    name: 'adopt',
    summary: 'Take an existing installation under the record, without an upgrade',
    load: () => import('./commands/adopt.js'),
  },
  {
    name: 'enroll',
    summary: 'Join a controller, or take a new key',
    load: () => import('./commands/enroll.js'),
  },
  {
    name: 'run',
    summary: 'Run the agent of this host until it is stopped',
    load: () => import('./commands/run.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  ...operatorGroups,
  config: 'Show the configuration',
};
