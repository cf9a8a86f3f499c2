// The controller as a whole: store, fleet, link and API, wired together, for `drover-controller run`.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import { takeLock } from '../../shared/os/lock.js';
import type { Log } from '../../shared/os/log.js';
import type { ControllerConfig } from './controller_config.js';
import { loadSecrets } from './secrets.js';
import { createCore } from './core.js';
import { createHttp } from '../http/create_http.js';
import { hasErrno } from '../../shared/os/errno.js';

export interface RunningController {
  /** Where it listens. */
  url: string;
  /** Resolves when it must end: its lock was taken from it. */
  lost: Promise<void>;
  /** Lets go of agents and operators, and closes the store. */
  stop(): Promise<void>;
}

export interface ControllerOptions {
  config: ControllerConfig;
  log: Log;
  clock: Clock;
  makeId: () => string;
  version: string;
}

/** Starts it. Throws AppError `config` for a store of a newer version or bad secrets, `busy` for a port or a folder that is taken. */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { data_dir: folder } = options.config;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(path.join(folder, 'controller.lock'), {
    taken: `another controller runs on ${folder}`,
    hint: 'One is enough, and two would tear its store apart: end that one first, or give this one another `data_dir`.',
  });
  try {
    const { url, stop } = await start(options);
    return { url, lost: lock.lost, stop: () => stop().finally(lock.release) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(options: ControllerOptions): Promise<Pick<RunningController, 'url' | 'stop'>> {
  const { config, log, clock, makeId, version } = options;
  const { agentSecret, operatorToken, made } = await loadSecrets(config);
  for (const file of made) log.info({ file }, 'made a secret');
  const core = createCore({
    storeFile: path.join(config.data_dir, 'controller.db'),
    secret: agentSecret,
    clock,
    makeId,
    log,
    keepLogsMs: config.keep.logs,
  });
  let isReady = true;
  const http = await createHttp({
    fleet: core.fleet,
    log,
    clock,
    version,
    token: operatorToken,
    isReady: () => isReady,
  });
  core.link.attach(http.server);
  try {
    const url = await http.listen({ host: config.host, port: config.port });
    log.info({ url }, 'the controller is ready');
    return {
      url,
      async stop() {
        isReady = false;
        // The server is closed once its last connection is, those of agents among them.
        await core.link.close();
        await http.close();
        await core.close();
      },
    };
  } catch (error) {
    await core.close();
    const isTaken = hasErrno(error, 'EADDRINUSE');
    if (!isTaken) throw error;
    throw new AppError('busy', `${config.host}:${config.port} is taken by another process`, {
      cause: error,
      hint: `\`listen\` names another port; \`ss -tlnp 'sport = :${config.port}'\` says who has this one.`,
    });
  }
}
