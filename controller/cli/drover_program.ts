// The program `drover`: its words, and what its commands work with.
import { withCompletion } from '../../shared/terminal/completion/with_completion.js';
import type { DroverContext } from './drover_command.js';
import { commands, groups } from './commands.js';

export const droverProgram = withCompletion<DroverContext>({
  name: 'drover',
  intro: 'Upgrades the tenants of a fleet, and shows their state. It uses a controller, over HTTP only.',
  outro: `
Examples:
  drover context add prod https://drover.example.com --token-file ~/drover-token
  drover status                     the tenants, those that need an operator first
  drover plan testsite              what would the highest tag change?
  drover upgrade testsite v0.4.0    upgrade, and watch it

Exit codes: 0 done, 1 failed or rolled back, 2 usage or refused, 3 unreachable
or offline; each command's --help has details.
`,
  options: { '--context <name>': 'the controller to use, by the name of its context' },
  commands,
  groups,
  forbiddenHint: 'Give your user access to it.',
  makeContext: (base, { context }) => ({ ...base, contextName: typeof context === 'string' ? context : null }),
});
