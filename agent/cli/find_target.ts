// Finds the upgrade that a command names, by its id or its tenant, in the journals and the queue of this host.
import { AppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import { isId } from '../../shared/terminal/inputs.js';
import type { Screen } from '../../shared/terminal/screen/screen.js';
import { findUpgrade, type FoundUpgrade } from '../store/find_upgrades.js';
import { listQueued } from '../store/queue.js';
import type { OpenHost } from './open_host.js';
import { requireTenant } from './require_tenant.js';
import { isUnfinished, scanUpgradesOf } from './scan_upgrades.js';

/**
 * The upgrade of this id; of a tenant the running one (a refused one may be newer), otherwise the latest. Throws AppError
 * `unknown-upgrade` or `unknown-tenant`.
 */
export async function findJournal(host: OpenHost, target: string, screen: Pick<Screen, 'note'>): Promise<FoundUpgrade> {
  if (isId(target)) {
    const found = findUpgrade(host.state, target);
    if (found === null) throw unknownUpgrade(target);
    return found;
  }
  let latest: FoundUpgrade | null = null;
  for await (const upgrade of scanUpgradesOf(host.state, screen, target)) {
    if (isUnfinished(upgrade)) return upgrade;
    latest ??= upgrade;
  }
  if (latest !== null) return latest;
  await requireTenant(host, target);
  throw new AppError('unknown-upgrade', `${target} has had no upgrade yet`, {
    hint: `\`drover-agent upgrade ${target}\` begins one; a queued upgrade has a log once it begins.`,
  });
}

/** The latest upgrade of a tenant that was not refused, or null. */
export async function findStarted(
  { state }: OpenHost,
  tenant: string,
  screen: Pick<Screen, 'note'>,
): Promise<FoundUpgrade | null> {
  for await (const upgrade of scanUpgradesOf(state, screen, tenant)) {
    if (upgrade.progress.finish?.status !== 'refused') return upgrade;
  }
  return null;
}

/** The tenant of an upgrade that is in the journals or in the queue. Throws AppError `unknown-upgrade`. */
export async function findTenantOf({ state }: OpenHost, id: string, clock: Clock): Promise<string> {
  const begun = findUpgrade(state, id);
  if (begun !== null) return begun.begin.tenant;
  const queued = await listQueued(state, { now: clock.now(), onBroken: () => undefined });
  const tenant = queued.find((candidate) => candidate.id === id)?.tenant;
  if (tenant === undefined) throw unknownUpgrade(id);
  return tenant;
}

function unknownUpgrade(id: string): AppError {
  return new AppError('unknown-upgrade', `this host has no upgrade ${id}, or no longer keeps its journal`, {
    hint: '`drover-agent status TENANT` lists the upgrades of a tenant; a queued upgrade has a log once it begins.',
  });
}
