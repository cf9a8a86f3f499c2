// The program `drover-controller`: its help, its commands, and their context.
import type { Program } from '../../shared/terminal/program.js';
import type { ControllerContext } from './controller_command.js';

const defaultConfig = '/etc/drover/controller.yaml';

export const controllerProgram: Program<ControllerContext> = {
  name: 'drover-controller',
  intro: 'Accepts the agents of all hosts, stores what they send, and serves the API for `drover`.',
  outro: `
Examples:
  drover-controller run                                   with ${defaultConfig}
  drover-controller run --config ./controller.yaml
  drover-controller token anna                            a token for the first admin
  drover-controller backup /backup/controller.db          a copy, also while it runs

Exit codes: 0 done or stopped by a signal, 1 failed, 2 usage or a bad configuration.
`,
  options: { '--config <path>': `the controller's configuration (default: "${defaultConfig}")` },
  commands: [
    { name: 'run', summary: 'Run the controller until a signal stops it', load: () => import('./run.js') },
    { name: 'token', summary: 'Make a token for the API, and print it once', load: () => import('./token_command.js') },
    { name: 'backup', summary: 'Copy the store into a new file', load: () => import('./backup_command.js') },
  ],
  groups: {},
  forbiddenHint: 'The controller writes to its `data_dir` and reads its secrets: run it as their owner.',
  makeContext: (base, { config }) => ({ ...base, configFile: typeof config === 'string' ? config : defaultConfig }),
};
