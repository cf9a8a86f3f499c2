// The commands that a tenant file configures, each with its key.
import type { KeyPath } from '../../../shared/config/config_source.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import { isConfined } from '../../command/user.js';
import { isGainingProgram, rightsHint } from '../../tenant/gaining_rights.js';
import type { ConfiguredCommand } from '../../tenant/values.js';
import type { RightKeys } from './parse_tenant.js';
import type { TenantConfig } from './tenant_config.js';

type CommandKeys = Pick<RightKeys, 'services' | 'database' | 'requirements' | 'migrations' | 'health'>;

/** All of them, in the file's order. */
export function listCommands({
  services = 'none',
  database = 'none',
  requirements = 'none',
  migrations = 'none',
  health = 'none',
}: CommandKeys): { key: KeyPath; command: ConfiguredCommand }[] {
  const found: { key: KeyPath; command: ConfiguredCommand }[] = [];
  const add = (key: KeyPath, command: ConfiguredCommand | undefined) =>
    void (command === undefined || found.push({ key, command }));
  if (services !== 'none' && !Array.isArray(services)) {
    for (const key of ['start', 'stop', 'status'] as const) add(['services', key], services[key]);
  }
  if (database !== 'none' && 'backup' in database) {
    for (const key of ['backup', 'restore', 'fingerprint'] as const) add(['database', key], database[key]);
  }
  if (requirements !== 'none' && 'run' in requirements) add(['requirements', 'run'], requirements.run);
  if (migrations !== 'none' && 'run' in migrations) add(['migrations', 'run'], migrations.run);
  if (migrations !== 'none' && 'command' in migrations) {
    add(['migrations', 'command'], migrations.command);
    add(['migrations', 'list'], migrations.list);
  }
  if (health !== 'none' && 'command' in health) add(['health', 'command'], health.command);
  return found;
}

/** Warnings for commands that gain rights, which they cannot. Commands of services keep theirs. */
export function warnOfRights(config: TenantConfig): Warning[] {
  if (!isConfined(config.user)) return [];
  return listCommands({ ...config, services: 'none' }).flatMap(({ key, command }) => {
    if (!Array.isArray(command) || !isGainingProgram(command[0])) return [];
    return [{ code: 'gains-rights', text: `${key.join('.')} runs ${command[0]}. ${rightsHint}` }];
  });
}
