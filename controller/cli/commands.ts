// The commands of `drover`, each in a file of its own that is loaded only when it is used.
import type { DroverCommandRow } from './drover_command.js';

export const commands: readonly DroverCommandRow[] = [
  {
    name: 'tenants',
    says: 'List the tenants: versions, hosts, and who needs somebody',
    load: () => import('./commands/tenants.js'),
  },
  {
    name: 'hosts',
    says: 'List the hosts: connected or offline, and what runs on them',
    load: () => import('./commands/hosts.js'),
  },
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
    name: 'rollback',
    says: "Turn a tenant's latest upgrade back",
    load: () => import('./commands/rollback.js'),
  },
  {
    name: 'cancel',
    says: 'Stop an upgrade that is owed or under way, and put the tenant back',
    load: () => import('./commands/cancel.js'),
  },
  {
    name: 'upgrades',
    says: 'List upgrades, the newest first',
    load: () => import('./commands/upgrades.js'),
  },
  {
    name: 'logs',
    says: "Show an upgrade's story with all output; -f goes on live",
    load: () => import('./commands/logs.js'),
  },
  {
    name: 'context list',
    says: 'List the controllers that are known here',
    load: () => import('./commands/context_list.js'),
  },
  {
    name: 'context add',
    says: 'Add a controller, or change it',
    load: () => import('./commands/context_add.js'),
  },
  {
    name: 'context use',
    says: 'Choose the controller to talk to',
    load: () => import('./commands/context_use.js'),
  },
  {
    name: 'context remove',
    says: 'Forget a controller',
    load: () => import('./commands/context_remove.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  context: 'Choose which controller to talk to',
};
