// The tenant's features, opened once from its configuration, and the places on the host that an upgrade uses.
import path from 'node:path';
import type { User } from '../command/spec.js';
import { siteOf, type TenantConfig } from '../config/tenant_file/tenant_config.js';
import { openDatabase, type Database } from '../tenant/database/database.js';
import { createTree } from '../tenant/git/trees.js';
import type { Tree } from '../tenant/tree.js';
import { openMirror, type Mirror } from '../tenant/git/mirror.js';
import type { Requirements } from '../tenant/requirements/port.js';
import { openRequirements } from '../tenant/requirements/requirements.js';
import type { Ledger } from '../store/ledger.js';
import { createTenantGuard, type TenantGuard } from '../store/guards/tenant_guard.js';
import { openServices, type Services } from '../tenant/services/services.js';
import type { Host } from './host.js';
import { openTenantLedger } from './made_files.js';
import { runPlaces, type RunPlaces } from '../store/run_folders.js';
import { makeExportsFolder } from '../store/state_folder.js';

export interface Features {
  mirror: Mirror;
  /** The files of the mirror's commits. */
  tree: Tree;
  /** Runs work alone: no other such work runs in the same mirror at the same time. */
  withMirror: <T>(work: () => Promise<T>) => Promise<T>;
  services: Services | null;
  /** Of services that are units. */
  guard: TenantGuard | null;
  database: Database | null;
  requirements: Requirements | null;
  /** What the tenant's upgrades made beside its data. */
  ledger: Ledger;
  places: Places;
  /** Makes the folder `places.exports`; may be called again. */
  makeExports: () => Promise<void>;
  /** Makes the folder `places.exportsFor(account)`; may be called again. */
  makeExportsFor: (account: User) => Promise<void>;
}

/** Null for services that are no units, and where units have no guard. */
function openGuard({ state, unitGuards }: Host, { slug, services }: TenantConfig, id: string): TenantGuard | null {
  if (unitGuards === null || !Array.isArray(services)) return null;
  return createTenantGuard(unitGuards, { guardFolder: state.guards, slug, id, units: services });
}

export interface Places {
  /** This upgrade's own folder, closed to tenants. */
  upgrade: string;
  /** The run folders of its commands. */
  runs: RunPlaces;
  /** The files that the tenant may read: hooks, requirement files, the bundle. */
  exports: string;
  /** The files that another account may read and the tenant may not. */
  exportsFor: (account: User) => string;
  recordFile: string;
  /** Where checks and exports may be written to. */
  stateFolder: string;
}

/** Opens the configured features and makes a missing mirror. May be called again. */
export async function openFeatures(
  host: Host,
  { config, id }: { config: TenantConfig; id: string },
): Promise<Features> {
  const { state, agentUser, clock, exclusive } = host;
  const [exports, folder] = [path.join(state.exports, id), path.join(state.upgrades, id)];
  const exportsFor = (account: User) => `${exports}.${account.uid}`;
  const make = (made: string, { gid }: User) => makeExportsFolder(made, { gid, agentUid: agentUser.uid });
  const mirror = await openMirror({ mirrorsDir: state.mirrors, repo: config.repo, auth: config.repo_auth });
  const database = openDatabase(config.database, siteOf(config));
  return {
    mirror,
    tree: createTree(mirror),
    withMirror: (work) => exclusive(mirror.folder, work),
    services: openServices(config.services, {
      agentUser,
      clock,
      requireGuard: async (units) => host.unitGuards?.require(config.slug, units),
    }),
    guard: openGuard(host, config, id),
    database,
    requirements: openRequirements(config.requirements),
    ledger: openTenantLedger(host, config.slug, database),
    places: {
      upgrade: folder,
      runs: runPlaces(folder, agentUser.uid),
      exports,
      exportsFor,
      recordFile: state.recordFile(config.slug),
      stateFolder: state.folder,
    },
    makeExports: () => make(exports, config.user),
    makeExportsFor: (account) => make(exportsFor(account), account),
  };
}
