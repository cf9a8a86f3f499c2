// `drover` as a program that operates on upgrades: through a controller, over HTTP.
import type { OperatorProgram } from '../../shared/terminal/operator_program.js';
import { reasonOption } from './reason.js';
import type { DroverContext } from './drover_command.js';

export const operator: OperatorProgram<DroverContext> = {
  name: 'drover',
  unreachable: 'the controller is unreachable, or the host is offline',
  upgradeOptions: {
    '--start-within <time>': 'how long it may wait to begin, such as 8h for a host that is offline (default: 1h)',
    '--detach': 'do not watch it: end as soon as the controller has stored it',
  },
  upgradeHelp: {
    paragraph: 'If its host is offline, the upgrade begins when the host is back, within the time of --start-within.',
    examples: '  drover upgrade testsite --detach          without watching it\n',
  },
  changeOptions: reasonOption,
  async open(context, reason) {
    const [{ openClient }, { createHttpOperations }] = await Promise.all([
      import('./open_client.js'),
      import('./http_operations.js'),
    ]);
    return createHttpOperations({ ...context, client: await openClient(context), reason });
  },
};
