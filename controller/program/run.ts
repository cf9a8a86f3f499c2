// `drover-controller run`: the controller itself.
import { z } from 'zod';
import { createLog } from '../../shared/os/log.js';
import { openServiceManager } from '../../shared/os/systemd/service_manager.js';
import { loadControllerConfig } from './controller_config.js';
import { defineCommand } from './controller_command.js';
import { startController } from './controller.js';

export const command = defineCommand({
  arguments: [],
  options: {},
  help: `Agents and operators connect to the same address (\`listen\`). The first start
creates the secret of hosts in \`data_dir\`: agent-secret. Operators use tokens:
\`drover-controller token NAME\` makes the first one. SIGTERM and SIGINT stop it. Upgrades continue without it, and hosts send
their streams when it runs again. It logs JSON lines to standard error.
Under systemd it tells when it listens: systemctl status drover-controller.

Exit codes: 0 stopped by a signal, 1 its lock was lost, 2 a bad configuration, or
its address or its folder is in use.
`,
  input: z.object({}),
  async execute({ configFile, onSignal, clock, makeId, readVersion, env, screen }) {
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) onSignal(signal, () => resolve());
    });
    const manager = openServiceManager({ env, pid: process.pid, onProblem: (text) => screen.note(text) });
    const { controller, config, log } = await manager.whileStarting(async () => {
      const config = await loadControllerConfig(configFile);
      const log = createLog('drover-controller', config.log_level);
      const controller = await startController({ config, log, clock, makeId, version: readVersion() });
      return { controller, config, log };
    });
    manager.tellStatus(`listens at ${controller.url}`);
    manager.tellReady();
    const why = await Promise.race([stopped, controller.lost.then(() => 'lost' as const)]);
    if (why === 'lost') log.error({ folder: config.data_dir }, 'the controller lost the lock of its folder, and ends');
    else log.info({}, 'the controller ends');
    manager.tellStopping();
    await controller.stop();
    await manager.close();
    return why === 'lost' ? 1 : 0;
  },
});
