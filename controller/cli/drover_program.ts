// The program `drover`: its words, and what its commands work with.
import type { Program } from '../../shared/terminal/program.js';
import type { DroverContext } from './drover_command.js';
import { commands, groups } from './commands.js';

export const droverProgram: Program<DroverContext> = {
  name: 'drover',
  intro: 'Upgrades the tenants of a fleet, and shows how they are. It talks to a controller, over HTTP only.',
  outro: `
Examples:
  drover context add prod https://drover.example.com --token-file ~/drover-token
  drover tenants                    which are there, and on which version?
  drover plan testsite              what would the latest version bring?
  drover upgrade testsite v0.4.0    upgrade, and watch

Exit codes: 0 done, 1 failed or rolled back, 2 usage or refused, 3 unreachable
or offline; each command's --help says more.
`,
  options: { '--context <name>': 'the controller to talk to, by the name of its context' },
  commands,
  groups,
  forbiddenHint: 'Give yourself access to it.',
  makeContext: (base, { context }) => ({ ...base, contextName: typeof context === 'string' ? context : null }),
};
