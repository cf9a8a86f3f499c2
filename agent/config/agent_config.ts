// The agent's own file, agent.yaml.
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { logLevels } from '../../shared/os/log_levels.js';
import { absolutePath, duration } from '../../shared/config/values.js';
import { configError, type ConfigSource } from '../../shared/config/config_source.js';
import { explainIssues } from '../../shared/config/explain_issues.js';
import { wrongKeysHint } from '../../shared/config/parse_config.js';
import { hostName } from '../../shared/model/names.js';
import { agentLimits } from '../limits.js';
import { uplinkSchema } from './uplink_config.js';
import { checkDefaults } from './tenant_file/check_defaults.js';

const stateDir = absolutePath.refine((folder) => Buffer.byteLength(folder) <= agentLimits.stateDir.max, {
  message: `must be at most ${agentLimits.stateDir.max} bytes long, as the agent's socket is in it; name a shorter path, such as /var/lib/drover`,
});

/** Where an agent keeps its state unless it is told otherwise. */
export const usualStateDir = '/var/lib/drover';

/** The file as written. */
export const agentFileSchema = z.strictObject({
  /** The name of this host. */
  host: hostName.default(() => os.hostname()),
  state_dir: stateDir.default(usualStateDir),
  /** Each tenant has a folder of its own in it. */
  log_dir: absolutePath.default('/var/log/drover'),
  /** `tenants.d` beside this file without it. */
  tenants_dir: absolutePath.optional(),
  /** How many upgrades run at a time on this host; the others queue. */
  max_concurrent: z.number().int().min(1).default(1),
  /** What runs hooks, migrations and all other code of the tenants. */
  launcher: z.enum(['auto', 'systemd', 'plain']).default('auto'),
  /** Without it the host is upgraded from its own command line only. */
  controller: uplinkSchema.optional(),
  log_level: z.enum(logLevels).default('info'),
  /** A journal is deleted when it is older than `journals` and not among the tenant's latest `upgrades`. */
  keep: z
    .strictObject({ journals: duration.prefault('90d'), upgrades: z.number().int().min(1).default(20) })
    .prefault({}),
  /** Any key of a tenant file but `slug`. Checked with each tenant file that they are merged into. */
  tenant_defaults: z.record(z.string(), z.unknown()).default({}),
});

export type AgentConfig = Omit<z.infer<typeof agentFileSchema>, 'tenants_dir' | 'tenant_defaults'> & {
  /** The absolute path of agent.yaml. */
  file: string;
  tenants_dir: string;
  /** As written in the file; used only when merged into a tenant file. */
  tenant_defaults: ConfigSource;
};

/** Checks agent.yaml and fills in its defaults. `file` is absolute. Throws AppError `config` with all that is wrong. */
export function resolveAgentConfig(file: string, source: ConfigSource): AgentConfig {
  const parsed = agentFileSchema.safeParse(source.value);
  const value = defaultsOf(source);
  const problems = [
    ...(parsed.success ? [] : explainIssues(agentFileSchema, source.value, parsed.error.issues)),
    ...checkDefaults(value).map((problem) => ({ ...problem, path: ['tenant_defaults', ...problem.path] })),
  ];
  if (!parsed.success || problems.length > 0) throw configError(source, problems, { hint: wrongKeysHint });
  const keys = parsed.data;
  return {
    ...keys,
    file,
    tenants_dir: keys.tenants_dir ?? path.join(path.dirname(file), 'tenants.d'),
    tenant_defaults: { value, locate: (keyPath) => source.locate(['tenant_defaults', ...keyPath]) },
  };
}

/** Empty where they are no mapping, which the schema says. */
function defaultsOf({ value }: ConfigSource): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).safeParse(value['tenant_defaults']).data ?? {};
}
