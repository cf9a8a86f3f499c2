// Checks the tenant files of this host as `drover-agent check` tells it, with what can be tried from here.
import { toAppError } from '../../shared/errors.js';
import { toReportedProblem, type ReportedProblem } from '../../shared/model/report/report.js';
import { systemClock } from '../../shared/os/clock.js';
import { createWorkQueue } from '../../shared/os/work_queue.js';
import { createProbe } from '../command/probe.js';
import { currentUser } from '../command/user.js';
import type { AgentConfig } from '../config/agent_config.js';
import { loadTenants } from '../config/load.js';
import { secretsOf } from '../config/tenant_file/secrets.js';
import { siteOf, type TenantConfig } from '../config/tenant_file/tenant_config.js';
import { checkRemote } from '../tenant/git/fetch_mirror.js';
import { checkHealthCommand, tryHealthOnce } from '../tenant/health/check_health.js';
import { openServices } from '../tenant/services/services.js';

export interface CheckedFile {
  file: string;
  tenant: string | null;
  problems: ReportedProblem[];
  warnings: string[];
}

export interface HostCheck {
  /** The tenant files to tell of; all where there are none. */
  files: readonly string[];
  /** Whether remotes, services and health are tried, too. */
  isOnline: boolean;
}

/** How many tenants are tried at the same time. */
const maxTries = 8;
/** How long a remote may take. */
const remoteMs = 10_000;

/** Each file with all that is wrong; every file is compared with all others. Throws AppError `config`, not of a tenant. */
export async function checkHost(config: AgentConfig, { files, isOnline }: HostCheck): Promise<CheckedFile[]> {
  const { tenants, problems, fileOfSlug, warnings } = await loadTenants(config, currentUser(), { extraFiles: files });
  const isWanted = ({ file }: { file: string }) => files.length === 0 || files.includes(file);
  const broken: CheckedFile[] = problems.filter(isWanted).map(({ file, slug, error }) => ({
    file,
    tenant: slug,
    problems: [toReportedProblem(error)],
    warnings: [],
  }));
  const tryTenant = createTries();
  const good = [...tenants.values()]
    .map((tenant) => ({ tenant, file: fileOfSlug.get(tenant.slug) ?? '' }))
    .filter(isWanted)
    .map(async ({ tenant, file }) => {
      const tried = isOnline ? await tryTenant(tenant) : { problems: [], warnings: [] };
      return { file, tenant: tenant.slug, ...tried };
    });
  const checked = [...broken, ...(await Promise.all(good))].toSorted((left, right) =>
    left.file < right.file ? -1 : 1,
  );
  const [first] = checked;
  first?.warnings.unshift(...(files.length === 0 ? warnings : []));
  return checked;
}

type Tried = Pick<CheckedFile, 'problems' | 'warnings'>;

/** Tries what an upgrade would need first; each remote once, whoever names it. */
function createTries(): (tenant: TenantConfig) => Promise<Tried> {
  const { signal } = new AbortController();
  const agentUser = currentUser();
  const probe = createProbe({ agentUid: agentUser.uid, signal });
  const runQueued = createWorkQueue(maxTries);
  const remotes = new Map<string, Promise<void>>();

  const tryRemote = ({ repo, repo_auth: auth }: TenantConfig) => {
    const key = JSON.stringify([repo, auth]);
    const known =
      remotes.get(key) ??
      checkRemote({ repo, ...(auth === undefined ? {} : { auth }) }, { timeLimitMs: remoteMs, signal });
    remotes.set(key, known);
    return known;
  };

  return (tenant) =>
    runQueued(async () => {
      const tried: Tried = { problems: [], warnings: [] };
      const secrets = await secretsOf(tenant).catch(() => []);
      const readContext = { site: siteOf(tenant), probe, signal };
      const services = openServices(tenant.services, { agentUser, clock: systemClock });
      const note = (error: unknown) => void tried.problems.push(toReportedProblem(error, secrets));
      await tryRemote(tenant).catch(note);
      await services?.check(readContext).catch(note);
      await checkHealthCommand(tenant.health, readContext).catch(note);
      if (tried.problems.length > 0 || tenant.health === 'none') return tried;
      const health = await tryHealthOnce(tenant.health, { services, readContext }).catch((error: unknown) => ({
        healthy: false as const,
        reason: toAppError(error).message,
      }));
      if (!health.healthy) tried.warnings.push(`the health check fails now: ${health.reason}`);
      return tried;
    });
}
