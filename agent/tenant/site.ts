// The tenant as every feature sees it: its slug, user and folders, and how to run a command for it.
import type { CommandSpec, Durable, RunCommand, RunProbe, UnitLimits, User } from '../command/spec.js';
import type { Environment, TenantPath } from '../command/tenant_path.js';

export interface Site {
  slug: string;
  appDir: TenantPath;
  dataDir: TenantPath;
  user: User;
  /** The environment of every configured command, hook and migration of this tenant. */
  env: Environment;
  /** The accounts by which configured commands ask to be run in place of `user`. */
  accounts?: Readonly<Record<string, User>>;
  /** What each command of the tenant's code may take; the defaults without it. */
  limits?: UnitLimits;
}

/** What read-only work on the tenant needs. */
export interface ReadContext {
  site: Site;
  probe: RunProbe;
  signal: AbortSignal;
}

/** What work on the tenant needs. Every command goes through `run`, so the work may be repeated. */
export interface RunContext {
  site: Site;
  run: RunCommand;
  signal: AbortSignal;
}

/** A command of the tenant: its user, its folder, its environment. */
export function tenantCommand(
  site: Site,
  spec: Pick<CommandSpec, 'title' | 'argv' | 'timeLimitMs'> & Partial<CommandSpec>,
): CommandSpec {
  return { user: site.user, cwd: site.appDir, env: site.env, ...spec };
}

/** Syncs the command's output and the file systems of these folders before the command counts as ended. */
export function durableIn(site: Site, ...folders: TenantPath[]): Durable {
  return { user: site.user, folders };
}

/** The smallest environment that tools such as git, tar and Python work in. */
export function minimalEnvironment(user: User): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    LANG: 'C.UTF-8',
  };
}
