// Makes the plan of an upgrade: runs every check of the pipeline. Each adds to the plan or names a blocker.
import { stat, statfs } from 'node:fs/promises';
import type { UpgradeRequest } from '../../shared/model/request.js';
import { AppError } from '../../shared/errors.js';
import type { Plan, TenantRecord } from '../../shared/model/plan.js';
import type { RunProbe } from '../command/spec.js';
import { warnOfRights } from '../config/list_commands.js';
import { siteOf, type TenantConfig } from '../config/tenant_config.js';
import { readWorkTree } from '../tenant/git/work_tree/read_work_tree.js';
import { resolveTags } from '../tenant/git/tags.js';
import { find } from './findings.js';
import type { Features } from './features.js';
import { askOnce } from './ask_once.js';
import { pipeline } from './pipeline.js';
import type { StepBodies } from './step.js';

/** The disk space for everything but the backup: objects, exports, journal, and a part of the output. */
const ownNeedBytes = 64 * 1024 ** 2;

export interface Planning {
  host: string;
  config: TenantConfig;
  features: Features;
  record: TenantRecord | null;
  request: UpgradeRequest;
  probe: RunProbe;
  signal: AbortSignal;
  now: Date;
}

function emptyPlan({ host, config, record, now }: Planning): Plan {
  return {
    tenant: config.slug,
    host,
    made_at: now.toISOString(),
    kind: 'none',
    previous: null,
    target: null,
    crossed: [],
    hooks: [],
    migrations: [],
    known_migrations: [],
    requirements: { action: 'none', key: null, reason: 'none are configured' },
    changed_files: 0,
    discarded: [],
    record,
    disk: [],
    warnings: [],
    blockers: [],
  };
}

/**
 * Plans an upgrade without touching the tenant. Problems become `blockers`; only a bug or a signal throws. Checks wait
 * for git and other programs, so they run at the same time: first those that need no version, then the others. The plan
 * lists their findings in the order of the pipeline.
 */
export async function makePlan(planning: Planning): Promise<Plan> {
  const plan = emptyPlan(planning);
  const { config, features, record, request, probe, signal } = planning;
  const needs = new Map<string, number>();
  const needDisk = (folder: string, bytes: number) => void needs.set(folder, (needs.get(folder) ?? 0) + bytes);
  for (const folder of [features.places.stateFolder, config.app_dir]) needDisk(folder, ownNeedBytes);
  const site = siteOf(config);
  const workTree = askOnce(() => readWorkTree({ site, probe, signal }));
  workTree().catch(() => undefined); // Starts during the fetch; the checks that need it report its error.
  const shared = {
    request,
    config,
    features,
    record,
    plan,
    needDisk,
    workTree,
    tags: askOnce(() => resolveTags(features.mirror)),
    site,
    probe,
    signal,
  };
  /** False when a check threw: then later checks have no input. */
  const check = async (steps: readonly Pick<StepBodies, 'check'>[]): Promise<boolean> => {
    const found = await Promise.all(steps.map((step) => find(async (own) => step.check?.({ ...shared, ...own }))));
    signal.throwIfAborted();
    plan.warnings.push(...found.flatMap(({ warnings }) => warnings));
    plan.blockers.push(...found.flatMap(({ blockers }) => blockers));
    return found.every(({ isWhole }) => isWhole);
  };
  const versionAt = pipeline.findIndex(({ name }) => name === 'determine-version');
  const isVersionKnown =
    (await check(pipeline.slice(0, versionAt))) && (await check(pipeline.slice(versionAt, versionAt + 1)));
  if (!isVersionKnown || plan.kind === 'none') return plan;
  plan.warnings.push(...warnOfRights(config));
  if (await check(pipeline.slice(versionAt + 1))) await check([{ check: () => checkDisk(plan, needs) }]);
  return plan;
}

/** Adds up the needed space per file system, and refuses where less is free. */
async function checkDisk(plan: Plan, needs: ReadonlyMap<string, number>): Promise<void> {
  const devices = new Map<number, { folder: string; needed_bytes: number; free_bytes: number }>();
  for (const [folder, bytes] of needs) {
    const [{ dev }, { bavail, bsize, ffree, files }] = await Promise.all([stat(folder), statfs(folder)]);
    const known = devices.get(dev) ?? { folder, needed_bytes: 0, free_bytes: bavail * bsize };
    devices.set(dev, { ...known, needed_bytes: known.needed_bytes + bytes });
    if (files > 0 && ffree < 1000) throw diskError(folder, `${ffree} free inodes, and at least 1000 are needed`);
  }
  plan.disk = [...devices.values()];
  for (const { folder, needed_bytes, free_bytes } of plan.disk) {
    if (free_bytes < needed_bytes) {
      throw diskError(folder, `${inMiB(free_bytes)} free, and ${inMiB(needed_bytes)} are needed`);
    }
  }
}

const inMiB = (bytes: number) => `${Math.ceil(bytes / 1024 ** 2)} MiB`;

function diskError(folder: string, what: string): AppError {
  return new AppError('disk-full', `the file system of ${folder} has ${what} for backup, restore and journal`, {
    hint: 'Free space there, or lower `keep` under `database` to keep fewer backups.',
  });
}
