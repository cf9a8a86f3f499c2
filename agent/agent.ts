// The agent as a whole: configuration, upgrades and local socket, wired together, for `drover-agent run`.
import chokidar from 'chokidar';
import { systemClock } from '../shared/clock.js';
import { AppError, toAppError } from '../shared/errors.js';
import type { Log } from '../shared/log.js';
import { createPlainLauncher, readBootId } from './command/plain/launch.js';
import { currentUser } from './command/user.js';
import type { AgentConfig } from './config/agent_config.js';
import { loadTenants, type LoadedTenants } from './config/load.js';
import type { TenantConfig } from './config/tenant_config.js';
import { takeLock } from './local/lock.js';
import { listenLocally } from './local/server.js';
import { createMarks } from './upgrade/marks.js';
import { makeFirstRecord } from './upgrade/first_record.js';
import { finishUp } from './upgrade/finish_up.js';
import { makeStateFolder, stateFolder } from './upgrade/state_folder.js';
import { createUpgrades } from './upgrade/upgrades.js';

export interface RunningAgent {
  /** Resolves when nobody is connected and nothing is under way, after someone was. */
  idle: Promise<void>;
  /** Resolves when the agent must end: its lock was taken from it. */
  lost: Promise<void>;
  /** Leaves running commands to the next agent. */
  stop(): Promise<void>;
}

/** Starts the agent: takes the state folder, goes on with what was left, listens. Throws AppError where it cannot. */
export async function startAgent({ config, log }: { config: AgentConfig; log: Log }): Promise<RunningAgent> {
  const state = stateFolder(config.state_dir);
  await makeStateFolder(state);
  const lock = await takeLock(state.lock);
  const leaving = new AbortController();
  const agentUser = currentUser();
  const bootId = readBootId();
  const tenants = await watchTenants(config, log);
  const host = {
    name: config.host,
    state,
    agentUser,
    bootId,
    clock: systemClock,
    launcher: createPlainLauncher({ agentUid: agentUser.uid, bootId }),
    leave: leaving.signal,
  };
  const upgrades = createUpgrades({
    host,
    log,
    maxConcurrent: config.max_concurrent,
    findTenant: tenants.find,
    onEnd: (upgrade) => finishUp({ host, upgrade, keep: config.keep, log }),
  });
  const marks = createMarks({
    state,
    now: systemClock.now,
    requireIdle(slug) {
      tenants.find(slug);
      upgrades.requireIdle(slug);
    },
    makeRecord: (slug) => makeFirstRecord(upgrades, slug, systemClock.now()),
  });
  const recovered = await upgrades.recover();
  if (recovered.length > 0) log.info({ upgrades: recovered }, 'going on with upgrades that were left unfinished');
  const server = await listenLocally(state.socket, { upgrades, marks, state, host: config.host, log });
  log.info({ socket: state.socket, tenants: tenants.count() }, 'the agent is ready');

  return {
    idle: new Promise((resolve) => {
      server.onLeave(() => {
        void upgrades.settled().then(() => (server.count() === 0 ? resolve() : undefined));
      });
    }),
    lost: lock.lost,
    async stop() {
      leaving.abort(new Error('the agent ends'));
      await server.close();
      await tenants.close();
      await upgrades.settled();
      lock.release();
    },
  };
}

/** The tenants of this host, read again when their files change; a broken file keeps its last good configuration. */
async function watchTenants(config: AgentConfig, log: Log) {
  let loaded = await loadTenants(config);
  const good = new Map<string, TenantConfig>(loaded.tenants);
  report(loaded, log);
  const watcher = chokidar.watch(config.tenants_dir, { ignoreInitial: true, depth: 0 });
  watcher.on('all', () => {
    loadTenants(config).then(
      (next) => {
        loaded = next;
        const broken = new Set(next.problems.map(({ slug }) => slug));
        for (const slug of good.keys()) if (!next.tenants.has(slug) && !broken.has(slug)) good.delete(slug);
        for (const [slug, tenant] of next.tenants) good.set(slug, tenant);
        report(next, log);
      },
      (error: unknown) => log.error({ err: error }, 'the tenant files cannot be read; the last good ones stay'),
    );
  });
  return {
    count: () => good.size,
    close: () => watcher.close(),
    find(slug: string): TenantConfig {
      const tenant = good.get(slug);
      if (tenant !== undefined) return tenant;
      const problem = loaded.problems.find((candidate) => candidate.slug === slug);
      if (problem !== undefined) throw toAppError(problem.error);
      const known = [...good.keys()].toSorted().join(', ');
      throw new AppError('unknown-tenant', `there is no tenant ${slug} in ${config.tenants_dir}`, {
        hint: known === '' ? 'It has no usable tenant file at all.' : `There are ${known}.`,
      });
    },
  };
}

function report({ problems }: LoadedTenants, log: Log): void {
  for (const { file, error } of problems) log.error({ file, hint: error.hint }, error.message);
}
