// The commands of `drover`, each in a file of its own that is loaded only when it is used.
import { operatorCommands, operatorGroups } from '../../shared/terminal/operator_commands.js';
import type { DroverCommandRow } from './drover_command.js';
import { operator } from './operator.js';

const shared = operatorCommands(operator);

export const commands: readonly DroverCommandRow[] = [
  {
    name: 'status',
    summary: 'Show the tenants, those that need an operator first',
    load: () => import('./commands/status.js'),
  },
  shared.plan,
  shared.upgrade,
  shared.logs,
  shared.cancel,
  shared.rollback,
  shared.resume,
  shared.history,
  shared.hooksList,
  shared.hooksHistory,
  shared.hooksMark,
  {
    name: 'rollout plan',
    summary: 'Plan an upgrade of many tenants, grouped by what is the same',
    load: () => import('./commands/rollout/rollout_plan.js'),
  },
  {
    name: 'rollout start',
    summary: 'Upgrade many tenants, in waves',
    load: () => import('./commands/rollout/rollout_start.js'),
  },
  {
    name: 'rollout list',
    summary: 'List the rollouts, the newest first',
    load: () => import('./commands/rollout/rollout_list.js'),
  },
  {
    name: 'rollout show',
    summary: 'Show a rollout: waves, failures by cause, and what it waits for',
    load: () => import('./commands/rollout/rollout_show.js'),
  },
  {
    name: 'rollout watch',
    summary: 'Watch a rollout until it ends or is halted',
    load: () => import('./commands/rollout/rollout_watch.js'),
  },
  {
    name: 'rollout pause',
    summary: 'Pause a rollout: what runs goes on, nothing else starts',
    load: () => import('./commands/rollout/rollout_pause.js'),
  },
  {
    name: 'rollout resume',
    summary: 'Go on with a rollout that is paused or halted',
    load: () => import('./commands/rollout/rollout_resume.js'),
  },
  {
    name: 'rollout abort',
    summary: 'End a rollout: what runs goes on, nothing else starts',
    load: () => import('./commands/rollout/rollout_abort.js'),
  },
  {
    name: 'rollout retry',
    summary: 'Try tenants again that failed or never started',
    load: () => import('./commands/rollout/rollout_retry.js'),
  },
  {
    name: 'rollout waive',
    summary: 'Leave tenants out of a rollout',
    load: () => import('./commands/rollout/rollout_waive.js'),
  },
  {
    name: 'rollout approve',
    summary: 'Approve plan classes, or the next wave',
    load: () => import('./commands/rollout/rollout_approve.js'),
  },
  {
    name: 'rollout rollback',
    summary: 'Roll back what a rollout has upgraded',
    load: () => import('./commands/rollout/rollout_rollback.js'),
  },
  {
    name: 'freeze list',
    summary: 'List the freezes',
    load: () => import('./commands/freeze/freeze_list.js'),
  },
  {
    name: 'freeze start',
    summary: 'Freeze the fleet, or some tenants: no upgrade starts',
    load: () => import('./commands/freeze/freeze_start.js'),
  },
  {
    name: 'freeze end',
    summary: 'End a freeze',
    load: () => import('./commands/freeze/freeze_end.js'),
  },
  {
    name: 'freeze except',
    summary: 'Let tenants through a freeze',
    load: () => import('./commands/freeze/freeze_except.js'),
  },
  {
    name: 'tenants',
    summary: 'List the tenants: versions, hosts and states',
    load: () => import('./commands/tenants.js'),
  },
  {
    name: 'tenants move',
    summary: 'Give a tenant to another host',
    load: () => import('./commands/tenants_move.js'),
  },
  {
    name: 'tenants label',
    summary: 'Set and remove labels of a tenant',
    load: () => import('./commands/tenants_label.js'),
  },
  {
    name: 'tenants forget',
    summary: 'Forget a tenant that no host reports any more',
    load: () => import('./commands/tenants_forget.js'),
  },
  {
    name: 'hosts',
    summary: 'List the hosts: connected or offline, system and disk',
    load: () => import('./commands/hosts.js'),
  },
  {
    name: 'hosts revoke',
    summary: 'End the key of a host that was stolen or is gone',
    load: () => import('./commands/hosts_revoke.js'),
  },
  {
    name: 'join-tokens create',
    summary: 'Make a token with which hosts join',
    load: () => import('./commands/access/join_tokens_create.js'),
  },
  {
    name: 'join-tokens list',
    summary: 'List the join tokens',
    load: () => import('./commands/access/join_tokens_list.js'),
  },
  {
    name: 'join-tokens revoke',
    summary: 'End a join token',
    load: () => import('./commands/access/join_tokens_revoke.js'),
  },
  {
    name: 'upgrades',
    summary: 'List upgrades, the newest first',
    load: () => import('./commands/upgrades.js'),
  },
  {
    name: 'audit',
    summary: 'List the changes that were made, by whom and why',
    load: () => import('./commands/access/audit.js'),
  },
  {
    name: 'tokens create',
    summary: 'Make a token for a person or a script, and print it once',
    load: () => import('./commands/access/tokens_create.js'),
  },
  {
    name: 'tokens list',
    summary: 'List the tokens, their roles and scopes',
    load: () => import('./commands/access/tokens_list.js'),
  },
  {
    name: 'tokens revoke',
    summary: 'Revoke a token',
    load: () => import('./commands/access/tokens_revoke.js'),
  },
  {
    name: 'webhooks list',
    summary: 'List the webhooks, with what waits for them',
    load: () => import('./commands/webhooks/webhooks_list.js'),
  },
  {
    name: 'webhooks create',
    summary: 'Make a webhook, and print the secret that signs its deliveries',
    load: () => import('./commands/webhooks/webhooks_create.js'),
  },
  {
    name: 'webhooks test',
    summary: 'Send a test event to a webhook',
    load: () => import('./commands/webhooks/webhooks_test.js'),
  },
  {
    name: 'webhooks deliveries',
    summary: 'Show what was delivered to a webhook',
    load: () => import('./commands/webhooks/webhooks_deliveries.js'),
  },
  {
    name: 'webhooks redeliver',
    summary: 'Deliver an event again',
    load: () => import('./commands/webhooks/webhooks_redeliver.js'),
  },
  {
    name: 'webhooks rotate',
    summary: 'Give a webhook another secret, and print it',
    load: () => import('./commands/webhooks/webhooks_rotate.js'),
  },
  {
    name: 'webhooks remove',
    summary: 'Remove a webhook',
    load: () => import('./commands/webhooks/webhooks_remove.js'),
  },
  {
    name: 'context list',
    summary: 'List your controllers',
    load: () => import('./commands/context/context_list.js'),
  },
  {
    name: 'context add',
    summary: 'Add a controller, or change it',
    load: () => import('./commands/context/context_add.js'),
  },
  {
    name: 'context use',
    summary: 'Choose the current controller',
    load: () => import('./commands/context/context_use.js'),
  },
  {
    name: 'context remove',
    summary: 'Remove a controller',
    load: () => import('./commands/context/context_remove.js'),
  },
];

/** The groups of commands of two words. */
export const groups: Readonly<Record<string, string>> = {
  ...operatorGroups,
  rollout: 'Upgrade many tenants in waves',
  freeze: 'Hold back all upgrades, also for a time',
  tokens: 'Make tokens for people and scripts, and revoke them',
  context: 'Choose the controller to use',
  hosts: 'The hosts of the fleet',
  'join-tokens': 'Let hosts join',
  webhooks: 'Tell other systems of upgrades, hosts and drift',
};
