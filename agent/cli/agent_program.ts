// The program `drover-agent`: its words, and what its commands work with.
import { withCompletion } from '../../shared/terminal/completion/with_completion.js';
import type { AgentContext } from './agent_command.js';
import { commands, groups } from './commands.js';

const defaultConfig = '/etc/drover/agent.yaml';

export const agentProgram = withCompletion<AgentContext>({
  name: 'drover-agent',
  intro: [
    'Upgrades the tenants of this host, release hooks included, and rolls a tenant back whose upgrade fails.',
    'The commands use the running agent; where none runs, they start one that ends by itself.',
  ].join(' '),
  outro: `
Examples:
  drover-agent plan testsite              what would the highest tag change?
  drover-agent upgrade testsite v0.4.0    upgrade, and watch it
  drover-agent status                     the state of every tenant

Exit codes: 0 done, 1 failed or rolled back, 2 usage or refused, 3 unreachable;
each command's --help has details.
`,
  options: { '--config <path>': `the agent's configuration (default: "${defaultConfig}")` },
  commands,
  groups,
  forbiddenHint: 'The commands of `drover-agent` need the rights of the agent: run them as root.',
  makeContext: (base, { config }) => ({ ...base, configFile: typeof config === 'string' ? config : defaultConfig }),
});
