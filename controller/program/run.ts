// `drover-controller run`: the controller itself.
import { z } from 'zod';
import { createLog } from '../../shared/os/log.js';
import { loadControllerConfig } from './controller_config.js';
import { defineCommand } from './controller_command.js';
import { startController } from './controller.js';

export const command = defineCommand({
  arguments: [],
  options: {},
  help: `Agents and operators come to the same address (\`listen\`). At its first start it
makes their secrets in \`data_dir\`: agent-secret for hosts, operator-token for
\`drover\`. SIGTERM and SIGINT end it; upgrades go on without it, and what they
have to tell comes when it is back. Its log goes to standard error, as JSON lines.

Exit codes: 0 told to stop, 1 its lock was lost, 2 a bad configuration, or its
address or its folder is taken.
`,
  input: z.object({}),
  async execute({ configFile, onSignal, clock, makeId, readVersion }) {
    const told = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) onSignal(signal, () => resolve());
    });
    const config = await loadControllerConfig(configFile);
    const log = createLog('drover-controller', config.log_level);
    const controller = await startController({ config, log, clock, makeId, version: readVersion() });
    const why = await Promise.race([told, controller.lost.then(() => 'lost' as const)]);
    if (why === 'lost') log.error({ folder: config.data_dir }, 'the lock of its folder was lost; the controller ends');
    else log.info({}, 'the controller ends');
    await controller.stop();
    return why === 'lost' ? 1 : 0;
  },
});
