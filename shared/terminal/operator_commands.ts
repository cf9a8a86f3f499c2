// The commands that the programs share. Each program's table lists those that its adapter can carry out.
import type { CommandEntry, ProgramContext } from './cli_command.js';
import type { OperatorProgram } from './operator_program.js';

/** The shared commands by name, for this program. */
export function operatorCommands<Context extends ProgramContext>(program: OperatorProgram<Context>) {
  return {
    plan: {
      name: 'plan',
      summary: 'Show what an upgrade would do, without touching the tenant',
      load: async () => ({ command: (await import('./commands/plan.js')).makeCommand(program) }),
    },
    upgrade: {
      name: 'upgrade',
      summary: 'Upgrade a tenant, release hooks included; roll back if that fails',
      load: async () => ({ command: (await import('./commands/upgrade.js')).makeCommand(program) }),
    },
    rollback: {
      name: 'rollback',
      summary: "Roll a tenant's latest upgrade back",
      load: async () => ({ command: (await import('./commands/rollback.js')).makeCommand(program) }),
    },
    cancel: {
      name: 'cancel',
      summary: 'Cancel an upgrade that is queued or running, and roll it back',
      load: async () => ({ command: (await import('./commands/cancel.js')).makeCommand(program) }),
    },
    logs: {
      name: 'logs',
      summary: 'Show the log of an upgrade with all output; -f follows it live',
      load: async () => ({ command: (await import('./commands/logs.js')).makeCommand(program) }),
    },
    resume: {
      name: 'resume',
      summary: 'Resume an upgrade that needs an operator',
      load: async () => ({ command: (await import('./commands/resume.js')).makeCommand(program) }),
    },
    history: {
      name: 'history',
      summary: 'List the versions that a tenant had, from its upgrades',
      load: async () => ({ command: (await import('./commands/history.js')).makeCommand(program) }),
    },
    hooksList: {
      name: 'hooks list',
      summary: 'List the release hooks that an upgrade would run',
      load: async () => ({ command: (await import('./commands/hooks_list.js')).makeCommand(program) }),
    },
    hooksHistory: {
      name: 'hooks history',
      summary: 'List the release hooks that ran for a tenant',
      load: async () => ({ command: (await import('./commands/hooks_history.js')).makeCommand(program) }),
    },
    hooksMark: {
      name: 'hooks mark',
      summary: "Mark a tag's hooks as done or skipped, so that they do not run",
      load: async () => ({ command: (await import('./commands/hooks_mark.js')).makeCommand(program) }),
    },
  } satisfies Record<string, CommandEntry<Context>>;
}

/** The groups of shared commands of two words. */
export const operatorGroups: Readonly<Record<string, string>> = {
  hooks: 'List release hooks, and mark them',
};
