// Every adapter of the port to services keeps its contract.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { currentUser } from '../../../../../agent/command/user.js';
import type { CommandExit } from '../../../../../agent/command/spec.js';
import type { RunContext } from '../../../../../agent/tenant/site.js';
import { openServices, type Services } from '../../../../../agent/tenant/services/services.js';
import type { ServicesConfig } from '../../../../../agent/tenant/services/schema.js';
import { systemClock } from '../../../../../shared/os/clock.js';
import { ctlScript, makeBench } from './agent_commands.js';
import { describeServices } from './describe_services.js';
import { makeSystemd } from './fake_systemd.js';

function open(config: ServicesConfig): Services {
  const services = openServices(config, { agentUser: currentUser(), clock: systemClock });
  if (services === null) throw new Error('no services');
  return services;
}

/** Answers for a key as it did before, until `forget`. */
function recallRuns(run: RunContext['run']): { run: RunContext['run']; forget: () => void } {
  const exits = new Map<string, Promise<CommandExit>>();
  return {
    run(key, spec) {
      const exit = exits.get(key) ?? run(key, spec);
      exits.set(key, exit);
      return exit;
    },
    forget: () => exits.clear(),
  };
}

describeServices('configured', async () => {
  const bench = await makeBench();
  await bench.writeScript('ctl', ctlScript);
  const pidFile = path.join(bench.acting.site.appDir.shown, 'pid');
  const crash = async () => {
    if (!existsSync(pidFile)) return;
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
    await rm(pidFile);
  };
  return {
    services: open({ start: ['./ctl', 'start'], stop: ['./ctl', 'stop'], status: ['./ctl', 'status'] }),
    names: ['services'],
    acting: bench.acting,
    beginStep: () => bench.forget(),
    crash,
    async close() {
      await crash();
      await bench.remove();
    },
  };
});

describeServices('systemd', async () => {
  const down = { LoadState: 'loaded', ActiveState: 'inactive', SubState: 'dead', MainPID: '0' };
  const systemd = await makeSystemd({ 'web.service': down, 'worker.service': down });
  const { run, forget } = recallRuns(systemd.acting.run);
  return {
    services: open(['web.service', 'worker.service']),
    names: ['web.service', 'worker.service'],
    acting: { ...systemd.acting, run },
    beginStep: forget,
    crash: async () => systemd.set('web.service', { ActiveState: 'failed' }),
    close: () => systemd.remove(),
  };
});
