// The commands of `drover-agent`, each in a file of its own that is loaded only when it is used.
import type { AgentCommandRow } from './agent_command.js';

export const commands: readonly AgentCommandRow[] = [
  {
    name: 'plan',
    says: 'Show what an upgrade would do, without touching the tenant',
    load: () => import('./commands/plan.js'),
  },
  {
    name: 'upgrade',
    says: 'Upgrade a tenant, release hooks and all; put it back if that fails',
    load: () => import('./commands/upgrade.js'),
  },
  {
    name: 'status',
    says: 'Show the tenants: versions, upgrades, and who needs somebody',
    load: () => import('./commands/status.js'),
  },
  {
    name: 'logs',
    says: "Show an upgrade's story with all output; --follow goes on live",
    load: () => import('./commands/logs.js'),
  },
  {
    name: 'cancel',
    says: 'Stop the upgrade that is under way and put the tenant back',
    load: () => import('./commands/cancel.js'),
  },
  {
    name: 'rollback',
    says: "Turn a tenant's latest upgrade back",
    load: () => import('./commands/rollback.js'),
  },
  {
    name: 'resume',
    says: 'Go on with an upgrade that waits for an operator',
    load: () => import('./commands/resume.js'),
  },
  {
    name: 'hooks list',
    says: 'List the release hooks that an upgrade would run',
    load: () => import('./commands/hooks_list.js'),
  },
  {
    name: 'hooks history',
    says: 'List the release hooks that ran for a tenant',
    load: () => import('./commands/hooks_history.js'),
  },
  {
    name: 'hooks mark',
    says: "Mark a tag's hooks as done or skipped, so that they do not run",
    load: () => import('./commands/hooks_mark.js'),
  },
  {
    name: 'run',
    says: 'Run the agent of this host, until it is told to stop',
    load: () => import('./commands/run.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  hooks: 'Look at release hooks, and mark them',
};
