// The names of the units that run the tenants' code.
import { createHash } from 'node:crypto';

/** systemd takes 255 bytes. */
const maxLabel = 180;

/**
 * The unit of the command of this run folder: always the same for it, and never that of another folder or of another
 * agent's. The label is what people read of it.
 */
export function nameCommandUnit(stateFolder: string, { folder, label }: { folder: string; label: string }): string {
  const readable = escapeName(label).slice(0, maxLabel);
  return `drover-command-${hash(stateFolder)}-${readable}-${hash(folder)}.service`;
}

/**
 * The unit that a tenant's services run in where a command starts them. Each start has one of its own: systemd keeps a unit,
 * and its name, for as long as a process of it is left.
 */
export function nameServicesUnit(stateFolder: string, { tenant, folder }: { tenant: string; folder: string }): string {
  return `drover-services-${hash(stateFolder)}-${tenant}.${hash(folder)}.service`;
}

/** Matches the units of all starts of a tenant's services; a slug has no dot. */
export function matchServicesUnits(stateFolder: string, tenant: string): string {
  return `drover-services-${hash(stateFolder)}-${tenant}.*.service`;
}

/** What no unit's name may have becomes a dash. */
function escapeName(text: string): string {
  return text.replaceAll(/[^\w.:-]/g, '-');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** Whether run folders in this folder can be named in a unit: systemd expands, or unquotes, all other characters. */
export function canBeNamed(folder: string): boolean {
  return /^[\w/.:@+~-]+$/.test(folder);
}
