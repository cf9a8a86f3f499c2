// The program `drover-controller`: its words, and what its commands work with.
import type { Program } from '../../shared/terminal/program.js';
import type { ControllerContext } from './controller_command.js';

const defaultConfig = '/etc/drover/controller.yaml';

export const controllerProgram: Program<ControllerContext> = {
  name: 'drover-controller',
  intro: 'Takes the agents of all hosts in, keeps what they tell, and serves the API that `drover` talks to.',
  outro: `
Examples:
  drover-controller run                                   with ${defaultConfig}
  drover-controller run --config ./controller.yaml

Exit codes: 0 told to stop, 1 failed, 2 usage or a bad configuration.
`,
  options: { '--config <path>': `the controller's configuration (default: "${defaultConfig}")` },
  commands: [{ name: 'run', summary: 'Run the controller, until it is told to stop', load: () => import('./run.js') }],
  groups: {},
  forbiddenHint: 'The controller needs to write to its `data_dir`, and to read its secrets: run it as their owner.',
  makeContext: (base, { config }) => ({ ...base, configFile: typeof config === 'string' ? config : defaultConfig }),
};
