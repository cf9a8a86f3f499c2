// The commands of `drover`, each in a file of its own that is loaded only when it is used.
import type { DroverCommandRow } from './drover_command.js';

export const commands: readonly DroverCommandRow[] = [
  {
    name: 'tenants',
    summary: 'List the tenants: versions, hosts, and who needs somebody',
    load: () => import('./commands/tenants.js'),
  },
  {
    name: 'hosts',
    summary: 'List the hosts: connected or offline, and what runs on them',
    load: () => import('./commands/hosts.js'),
  },
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
    name: 'rollback',
    summary: "Turn a tenant's latest upgrade back",
    load: () => import('./commands/rollback.js'),
  },
  {
    name: 'cancel',
    summary: 'Stop an upgrade that is pending or running, and put the tenant back',
    load: () => import('./commands/cancel.js'),
  },
  {
    name: 'upgrades',
    summary: 'List upgrades, the newest first',
    load: () => import('./commands/upgrades.js'),
  },
  {
    name: 'logs',
    summary: "Show an upgrade's stream with all output; -f goes on live",
    load: () => import('./commands/logs.js'),
  },
  {
    name: 'context list',
    summary: 'List the controllers that are known here',
    load: () => import('./commands/context_list.js'),
  },
  {
    name: 'context add',
    summary: 'Add a controller, or change it',
    load: () => import('./commands/context_add.js'),
  },
  {
    name: 'context use',
    summary: 'Choose the controller to talk to',
    load: () => import('./commands/context_use.js'),
  },
  {
    name: 'context remove',
    summary: 'Forget a controller',
    load: () => import('./commands/context_remove.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  context: 'Choose which controller to talk to',
};
