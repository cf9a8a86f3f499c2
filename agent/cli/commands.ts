// The commands of `drover-agent`, each in a file of its own that is loaded only when it is used.
import type { AgentCommandRow } from './agent_command.js';

export const commands: readonly AgentCommandRow[] = [
  {
    name: 'plan',
    summary: 'Show what an upgrade would do, without touching the tenant',
    load: () => import('./commands/plan.js'),
  },
  {
    name: 'upgrade',
    summary: 'Upgrade a tenant, release hooks and all; put it back if that fails',
    load: () => import('./commands/upgrade.js'),
  },
  {
    name: 'status',
    summary: 'Show the tenants: versions, upgrades, and who needs somebody',
    load: () => import('./commands/status.js'),
  },
  {
    name: 'logs',
    summary: "Show an upgrade's stream with all output; --follow goes on live",
    load: () => import('./commands/logs.js'),
  },
  {
    name: 'cancel',
    summary: 'Stop the upgrade that is under way and put the tenant back',
    load: () => import('./commands/cancel.js'),
  },
  {
    name: 'rollback',
    summary: "Turn a tenant's latest upgrade back",
    load: () => import('./commands/rollback.js'),
  },
  {
    name: 'resume',
    summary: 'Go on with an upgrade that waits for an operator',
    load: () => import('./commands/resume.js'),
  },
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
    summary: 'Run the agent of this host, until it is told to stop',
    load: () => import('./commands/run.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  hooks: 'Look at release hooks, and mark them',
};
