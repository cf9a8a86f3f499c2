// A scheduler in the test's process, over tenants of which an upgrade is cheap: code and hooks, and nothing that runs.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { currentUser } from '../../../agent/command/user.js';
import { loadAgentConfig } from '../../../agent/config/load.js';
import { watchTenants, type Tenants } from '../../../agent/config/watch_tenants.js';
import { createScheduler, type Scheduler } from '../../../agent/scheduler/scheduler.js';
import { openRequestKeys } from '../../../agent/store/request_keys.js';
import { makeStateFolder, stateFolder, type StateFolder } from '../../../agent/store/state_folder.js';
import { openTombstones } from '../../../agent/store/tombstones.js';
import type { Host } from '../../../agent/upgrade/host.js';
import { systemClock } from '../../../shared/os/clock.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { collectLog } from '../collect_log.js';
import { cloneRepository, makeRepository, type TestRepository } from '../git/git_repository.js';
import { openHost } from './in_process_host.js';

export interface PlainHost {
  folder: string;
  state: StateFolder;
  host: Host;
  repository: TestRepository;
  tenants: Tenants;
  upgrades: Scheduler;
  /** How often a mirror was fetched into since the last call. */
  countFetches(): number;
  /** The place of a tenant; its data folder is `db`. */
  placeOf(slug: string): string;
  /** Another scheduler, as after a restart: what was under way is in no memory. On another state folder, if there is one. */
  restart(other?: StateFolder): Promise<Scheduler>;
  close(): Promise<void>;
}

export interface PlainTenant {
  slug: string;
  /** `nobody` without it. */
  user?: string;
  /** Below the host's folder; the slug without it. */
  place?: string;
  /** Added to the tenant file. */
  keys?: Readonly<Record<string, unknown>>;
  /** Replaces the tenant file. */
  text?: string;
}

/** The gate of the hook of v0.2.0, in `data_dir`: while it is there the hook waits. */
export const gate = 'gate';

export const plainFiles = {
  'release/v0.2.0.sh': `#!/bin/sh\necho ran >>"$DATA_DIR/hooks.log"\nwhile [ -e "$DATA_DIR/${gate}" ]; do sleep 0.02; done\n`,
  'requirements.txt': 'tiny==2.0\n',
  'README.md': 'Version 2.\n',
};

/** A repository with v0.1.0 and v0.2.0, and tenants at v0.1.0. */
export async function openPlainHost(wished: readonly PlainTenant[]): Promise<PlainHost> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-plain-'));
  chmodSync(folder, 0o755);
  const repository = makeRepository(path.join(folder, 'app.git'));
  repository.release('v0.1.0', { 'README.md': 'Version 1.\n', 'requirements.txt': 'tiny==1.0\n' });
  repository.release('v0.2.0', plainFiles);
  const places = new Map(wished.map(({ slug, place = slug }) => [slug, path.join(folder, place)]));
  const placeOf = (slug: string) => places.get(slug) ?? folder;
  mkdirSync(path.join(folder, 'tenants.d'), { mode: 0o755 });
  for (const tenant of wished) await makeTenant({ folder, repository, place: placeOf(tenant.slug) }, tenant);
  const agentFile = path.join(folder, 'agent.yaml');
  writeFileSync(agentFile, 'host: h\n', { mode: 0o600 });
  const state = stateFolder(path.join(folder, 'state'));
  await makeStateFolder(state);
  const log = collectLog();
  const tenants = await watchTenants(await loadAgentConfig(agentFile), { log, agentUser: currentUser() });
  const plain = openHost(state, systemClock);
  let fetches = 0;
  const host: Host = {
    ...plain,
    exclusive(key, work) {
      if (key.startsWith(state.mirrors)) fetches += 1;
      return plain.exclusive(key, work);
    },
  };
  const open = async (at = state) =>
    createScheduler({
      host: { ...host, state: at },
      tombstones: await openTombstones(at),
      keys: await openRequestKeys(at),
      log,
      maxConcurrent: 1,
      findTenant: (slug) => tenants.find(slug),
      onBegin: () => undefined,
      onEnd: async () => undefined,
    });
  return {
    folder,
    state,
    host,
    repository,
    tenants,
    upgrades: await open(),
    countFetches() {
      const counted = fetches;
      fetches = 0;
      return counted;
    },
    placeOf,
    restart: open,
    async close() {
      await tenants.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const none = { services: 'none', database: 'none', requirements: 'none', migrations: 'none', health: 'none' };

async function makeTenant(
  { folder, repository, place }: { folder: string; repository: TestRepository; place: string },
  { slug, user = 'nobody', keys, text }: PlainTenant,
): Promise<void> {
  const appDir = path.join(place, 'app');
  cloneRepository(repository, appDir, 'v0.1.0');
  mkdirSync(path.join(place, 'db'));
  execFileSync('chown', ['--recursive', `${user}:`, place]);
  const own = { slug, app_dir: appDir, data_dir: path.join(place, 'db'), user, repo: repository.url, trust: 'any-tag' };
  const file = path.join(folder, 'tenants.d', `${slug}.yaml`);
  if (text === undefined) await writeYaml(file, { ...own, ...none, ...keys });
  else writeFileSync(file, text, { mode: 0o600 });
}
