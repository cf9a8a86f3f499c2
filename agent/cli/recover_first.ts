// `drover-agent run` with an agent.yaml that cannot be used.
import os from 'node:os';
import path from 'node:path';
import { readYaml } from '../../shared/config/yaml.js';
import { toAppError } from '../../shared/errors.js';
import { systemClock } from '../../shared/os/clock.js';
import { createLog } from '../../shared/os/log.js';
import type { ServiceManager } from '../../shared/os/systemd/service_manager.js';
import { usualStateDir } from '../config/agent_config.js';
import { recoverUnfinished } from '../recover_unfinished.js';

export interface RecoverFirst {
  /** What is wrong with agent.yaml. */
  error: unknown;
  manager: ServiceManager;
  /** Resolves when the agent is to end. */
  stopped: Promise<unknown>;
}

/** Brings the upgrades that have begun to their end. True where the agent was told to end meanwhile. */
export async function recoverFirst(file: string, { error, manager, stopped }: RecoverFirst): Promise<boolean> {
  const { message, hint } = toAppError(error);
  const log = createLog('drover-agent', 'info');
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort(new Error('the agent ends')));
  const source = await readYaml(path.resolve(file)).catch(() => null);
  await recoverUnfinished({
    stateDir: readStateDir(source?.value ?? {}),
    name: os.hostname(),
    log,
    clock: systemClock,
    signal: stopping.signal,
    onBegin(count) {
      const what = `only the upgrades that have begun are brought to their end: ${message}`;
      log.error({ hint, upgrades: count }, what);
      manager.tellReady();
      manager.tellStatus(what);
    },
  });
  if (stopping.signal.aborted) await manager.close();
  return stopping.signal.aborted;
}

/** As far as the file can be read: else the usual one. */
function readStateDir({ state_dir: named }: Readonly<Record<string, unknown>>): string {
  return typeof named === 'string' && path.isAbsolute(named) ? path.normalize(named) : usualStateDir;
}
