// Makes the plan of an upgrade: runs every check of the pipeline. Each adds to the plan or names a blocker.
import type { UpgradeRequest } from '../../../shared/model/request.js';
import type { Plan, TenantRecord } from '../../../shared/model/plan/plan.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import type { RunProbe } from '../../command/spec.js';
import { warnOfRights } from '../../config/tenant_file/list_commands.js';
import { siteOf, type TenantConfig } from '../../config/tenant_file/tenant_config.js';
import { readWorkTree } from '../../tenant/git/work_tree/read_work_tree.js';
import { resolveTags } from '../../tenant/git/tags.js';
import { checkDisk } from './check_disk.js';
import type { DiskNeed } from '../../tenant/database/port.js';
import type { FetchTags } from './fetch_once.js';
import { find } from './findings.js';
import type { Features } from '../features.js';
import { askOnce } from '../ask_once.js';
import { pipeline } from '../pipeline.js';
import type { StepBodies } from '../step.js';

/** The disk space for what nobody measures: objects, journal, and a part of the output. */
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
  fetchTags: FetchTags;
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
    migrations_by: null,
    known_migrations: [],
    requirements: { action: 'none', key: null, reason: 'none are configured', files: null },
    changed_files: 0,
    branch: null,
    discarded: [],
    record,
    disk: [],
    warnings: [],
    warning_codes: [],
    blockers: [],
  };
}

function addWarnings(plan: Plan, warnings: readonly Warning[]): void {
  plan.warnings.push(...warnings.map(({ text }) => text));
  plan.warning_codes = [...new Set([...plan.warning_codes, ...warnings.map(({ code }) => code)])];
}

/**
 * Plans an upgrade without touching the tenant. Problems become `blockers`; only a bug or a signal throws. Checks wait
 * for git and other programs, so they run at the same time: first those that need no version, then the others. The plan
 * lists their findings in the order of the pipeline.
 */
export async function makePlan(planning: Planning): Promise<Plan> {
  const plan = emptyPlan(planning);
  addWarnings(plan, planning.config.warnings);
  const { config, features, record, request, probe, signal, fetchTags } = planning;
  const site = siteOf(config);
  const needs: DiskNeed[] = [{ folder: site.appDir, bytes: ownNeedBytes, user: site.user }];
  let stateBytes = ownNeedBytes;
  const workTree = askOnce(() => readWorkTree({ site, probe, signal }));
  workTree().catch(() => undefined); // Starts during the fetch; the checks that need it report its error.
  const shared = {
    request,
    config,
    features,
    record,
    plan,
    fetchTags,
    needDisk: (need: DiskNeed) => void needs.push(need),
    needState: (bytes: number) => void (stateBytes += bytes),
    workTree,
    servicesNow: askOnce(async () => {
      const now = await features.services?.look({ site, probe, signal }).catch(() => null);
      return now ?? null;
    }),
    tags: askOnce(() => resolveTags(features.mirror)),
    site,
    probe,
    signal,
  };
  /** False when a check threw: then later checks have no input. */
  const check = async (steps: readonly Pick<StepBodies, 'check'>[]): Promise<boolean> => {
    const found = await Promise.all(steps.map((step) => find(async (own) => step.check?.({ ...shared, ...own }))));
    signal.throwIfAborted();
    addWarnings(
      plan,
      found.flatMap(({ warnings }) => warnings),
    );
    plan.blockers.push(...found.flatMap(({ blockers }) => blockers));
    return found.every(({ isWhole }) => isWhole);
  };
  const versionAt = pipeline.findIndex(({ name }) => name === 'determine-version');
  const isVersionKnown =
    (await check(pipeline.slice(0, versionAt))) && (await check(pipeline.slice(versionAt, versionAt + 1)));
  if (!isVersionKnown || plan.kind === 'none') return plan;
  addWarnings(plan, warnOfRights(config));
  const { stateFolder } = features.places;
  const measure = async () => void (plan.disk = await checkDisk({ stateFolder, stateBytes, needs, probe }));
  if (await check(pipeline.slice(versionAt + 1))) await check([{ check: measure }]);
  return plan;
}
