// Reads the state of this host's tenants from its files alone: an agent may run or not.
import type { TenantRecord } from '../../shared/model/plan/plan.js';
import type { UpgradeOutline } from '../../shared/model/upgrade_outline.js';
import { toReportedProblem, type ReportedTenant } from '../../shared/model/report/report.js';
import { createProbe } from '../command/probe.js';
import { currentUser } from '../command/user.js';
import { createHeadReader, type HeadReader } from '../report/read_head.js';
import { loadTenants, type TenantProblem } from '../config/load.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import { hasIdentity } from '../store/identity.js';
import { readRecord } from '../store/tenant_record.js';
import type { FoundUpgrade } from '../store/find_upgrades.js';
import { describeTenant } from '../store/tenant_state.js';
import { readUplinkStatus, type UplinkStatus } from '../uplink/status_file.js';
import type { OpenHost } from './open_host.js';
import { outlineUpgrade } from './outline_upgrade.js';
import { scanUpgrades } from './scan_upgrades.js';
import type { Screen } from '../../shared/terminal/screen/screen.js';

export interface TenantStatus {
  slug: string;
  /** `interrupted`: an upgrade is unfinished and no agent runs. */
  state: 'idle' | 'running' | 'interrupted' | 'needs_operator';
  /** The version that the tenant is on as far as Drover knows. */
  version: string | null;
  commit: string | null;
  /** True where it is the version of the work tree: the tenant has no record. */
  detected: boolean;
  previous_version: string | null;
  recorded_at: string | null;
  marks: TenantRecord['marks'];
  hold: ReportedTenant['hold'];
  /** The latest that was not refused. */
  latest: UpgradeOutline | null;
  /** The newest first, refused ones as well. */
  upgrades: UpgradeOutline[];
  places: { app_dir: string; data_dir: string; user: string; log_dir: string } | null;
  /** Of its files. */
  problems: { message: string; hint: string | null }[];
}

export interface HostStatus {
  host: string;
  /** Whether an agent runs. */
  agent: boolean;
  /** Its connection to a controller; null where no agent runs, or none is configured. */
  controller: UplinkStatus | null;
  tenants: TenantStatus[];
  /** Of files that name no tenant. */
  problems: { message: string; hint: string | null }[];
}

const shownUpgrades = 5;

/** The state of every tenant in the configuration, in order of name. */
export async function readStatus(
  host: OpenHost,
  { agent, screen }: { agent: boolean; screen: Pick<Screen, 'note'> },
): Promise<HostStatus> {
  const { tenants, problems } = await loadTenants(host.config, currentUser());
  const slugs = new Set([...tenants.keys(), ...problems.flatMap(({ slug }) => slug ?? [])]);
  const upgrades = await readUpgrades(host, { slugs, screen });
  const signal = new AbortController().signal;
  const probe = createProbe({ agentUid: currentUser().uid, signal });
  const detect = createHeadReader({ state: host.state, probe });
  const statuses = [...slugs].toSorted().map((tenant) =>
    readTenant(host, {
      detect,
      tenant,
      agent,
      config: tenants.get(tenant) ?? null,
      upgrades: upgrades.get(tenant) ?? [],
      problems: problems.filter(({ slug }) => slug === tenant),
    }),
  );
  return {
    host: host.config.host,
    agent,
    controller: agent && (await hasController(host)) ? await readUplinkStatus(host.state.uplink) : null,
    tenants: await Promise.all(statuses),
    problems: problems.filter(({ slug }) => slug === null).map((problem) => toReportedProblem(problem.error)),
  };
}

/** Whether agent.yaml names a controller, or this host has joined one. */
async function hasController({ config, state }: OpenHost): Promise<boolean> {
  return config.controller !== undefined || hasIdentity(state.identity);
}

/** The newest upgrades of each tenant, and the latest that was not refused, however far back. */
async function readUpgrades(
  { state }: OpenHost,
  { slugs, screen }: { slugs: ReadonlySet<string>; screen: Pick<Screen, 'note'> },
): Promise<Map<string, FoundUpgrade[]>> {
  const found = new Map<string, FoundUpgrade[]>([...slugs].map((slug) => [slug, []]));
  const isWanted = (tenant: string) => {
    const known = found.get(tenant);
    return known !== undefined && (known.length < shownUpgrades || !known.some(isStarted));
  };
  for await (const upgrade of scanUpgrades(state, screen, isWanted)) found.get(upgrade.begin.tenant)?.push(upgrade);
  return found;
}

const isStarted = ({ progress }: FoundUpgrade) => progress.finish?.status !== 'refused';

const noHead = { commit: null, detected: null };

interface TenantFiles {
  /** The work tree of a tenant without a record. */
  detect: HeadReader;
  tenant: string;
  agent: boolean;
  config: TenantConfig | null;
  upgrades: FoundUpgrade[];
  problems: TenantProblem[];
}

async function readTenant({ state }: OpenHost, files: TenantFiles): Promise<TenantStatus> {
  const { tenant, agent, config, upgrades } = files;
  const problems = files.problems.map((problem) => toReportedProblem(problem.error));
  const record = await readRecord(state.recordFile(tenant)).catch((error: unknown) => {
    problems.push(toReportedProblem(error));
    return null;
  });
  const latest = upgrades.find(isStarted) ?? null;
  const isUnknown = record === null && config !== null && problems.length === 0;
  const head = isUnknown ? await files.detect(config).catch(() => noHead) : noHead;
  const { state: phase, version, commit, detected, hold } = describeTenant({ record, latest, head });
  return {
    slug: tenant,
    state: phase !== 'unfinished' ? phase : agent ? 'running' : 'interrupted',
    version,
    commit,
    detected,
    previous_version: record?.previous_version ?? null,
    recorded_at: record?.recorded_at ?? null,
    marks: record?.marks ?? [],
    hold,
    latest: latest === null ? null : outlineUpgrade(latest),
    upgrades: upgrades.slice(0, shownUpgrades).map(outlineUpgrade),
    places:
      config === null
        ? null
        : {
            app_dir: config.app_dir.shown,
            data_dir: config.data_dir.shown,
            user: config.user.name,
            log_dir: config.log_dir,
          },
    problems,
  };
}
