// The tenant file as a whole, and the resolved configuration that all work on a tenant uses.
import { z } from 'zod';
import type { User } from '../../command/spec.js';
import { TenantPath } from '../../command/tenant_path.js';
import { databaseSchema } from '../../tenant/database/schema.js';
import { repoKeys } from '../../tenant/git/schema.js';
import { healthSchema } from '../../tenant/health/schema.js';
import { hooksSchema } from '../../tenant/hooks/schema.js';
import { migrationsSchema } from '../../tenant/migrations/schema.js';
import { requirementsSchema } from '../../tenant/requirements/schema.js';
import { servicesSchema } from '../../tenant/services/schema.js';
import { minimalEnvironment, type Site } from '../../tenant/site.js';
import { unitLimitsSchema } from '../../tenant/unit_limits.js';
import { absolutePath, duration, size } from '../../../shared/config/values.js';
import { accountName, innerPath } from '../../tenant/values.js';
import type { ConfigSource } from '../../../shared/config/config_source.js';
import { slug } from '../../../shared/model/names.js';
import { labelsSchema } from '../../../shared/model/report/report.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import { environmentSchema } from './environment.js';
import { varsSchema } from './fill_in.js';
import { parseConfig } from '../../../shared/config/parse_config.js';

const timeLimits = z.strictObject({
  stop: duration.prefault('60s'),
  backup: duration.prefault('1h'),
  fetch: duration.prefault('5m'),
  /** For a remote that does not answer. */
  stall: duration.prefault('60s'),
  hook: duration.prefault('30m'),
  checkout: duration.prefault('5m'),
  requirements: duration.prefault('30m'),
  migration: duration.prefault('1h'),
  start: duration.prefault('60s'),
});

const tenantFolder = absolutePath.transform((text) => new TenantPath(text));

/** The file as written. Keys that an operator must choose (such as `database: none`) have no default. */
/** What a tenant file can allow a controller beyond upgrades to a higher version. */
export const remoteRights = ['downgrade', 'rollback', 'restore-database', 'resume', 'mark-hooks', 'from'] as const;
export type RemoteRight = (typeof remoteRights)[number];

export const tenantFileSchema = z.strictObject({
  /** The name of the file without it. */
  slug,
  /** Filled in as `{name}` when the file is read; nothing else uses them. */
  vars: varsSchema.default({}),
  app_dir: tenantFolder,
  data_dir: tenantFolder,
  /** The account that runs all commands of this tenant, except those that name another account. */
  user: accountName,
  ...repoKeys,
  tag_pattern: repoKeys.tag_pattern.refine(
    (pattern) => pattern === undefined || isPattern(pattern),
    'must be a regular expression',
  ),
  hooks: hooksSchema.prefault({}),
  services: servicesSchema,
  database: databaseSchema,
  requirements: requirementsSchema,
  migrations: migrationsSchema,
  health: healthSchema,
  /** `keep` lets what runs as `user` gain rights by set-user-id programs: sudo, su, crontab. */
  privileges: z.enum(['drop', 'keep']).default('drop'),
  /** For selecting tenants: `ring: canary`. */
  labels: labelsSchema.default({}),
  /** For every configured command, hook and migration; wins over `environment_file`. */
  environment: environmentSchema.default({}),
  environment_file: absolutePath.optional(),
  /** `stay` is the plain specification: abort and start the services, without a rollback. */
  on_failure: z.enum(['rollback', 'stay']).default('rollback'),
  /** What happens to data that changed after the commit point when the new version does not become healthy. */
  after_start_failure: z.enum(['keep', 'restore']).default('keep'),
  rollback: z
    .strictObject({
      /** Patterns, relative to `app_dir`, of files outside git that are backed up and put back with the database. */
      files: z.array(innerPath).prefault([]),
    })
    .prefault({}),
  time_limits: timeLimits.prefault({}),
  /** Of each hook, migration, build and configured command. */
  limits: unitLimitsSchema.prefault({}),
  /** Between SIGTERM and SIGKILL. */
  grace: duration.prefault('10s'),
  /** The limit of a command's output in the stream; the middle of longer output is left out. */
  output_limit: size.prefault('10MiB'),
  /** What a controller may ask for beyond upgrades to a higher version. */
  allow_remote: z.array(z.enum(remoteRights)).default([]),
  /** The folder of the tenant's readable logs; by default its own folder below the agent's `log_dir`. */
  log_dir: absolutePath.optional(),
});
export type TenantFile = z.infer<typeof tenantFileSchema>;

const user = z.strictObject({ name: z.string(), uid: z.number(), gid: z.number(), home: z.string() });

const frozenSchema = z.strictObject({
  /** The file's keys, the defaults merged in, as they were written. */
  raw: z.record(z.string(), z.unknown()),
  user,
  /** The other accounts that configured commands name. */
  accounts: z.record(z.string(), user).default({}),
  /** The variables of `environment_file`. */
  environment: z.record(z.string(), z.string()),
  log_dir: z.string(),
});
/** All inputs of a tenant's configuration as plain JSON, for the journal. */
export type FrozenTenant = z.infer<typeof frozenSchema>;

/** The file with its account looked up, its environment complete and its log folder chosen. */
export type TenantConfig = Omit<TenantFile, 'user' | 'log_dir'> & {
  user: User;
  accounts: Readonly<Record<string, User>>;
  log_dir: string;
  /** The inputs of this configuration; use `freezeTenant`. */
  origin: FrozenTenant;
  /** What an operator must know of it whenever it is used. */
  warnings: readonly Warning[];
};

/** Makes the configuration from its parts; equal parts give equal results. `raw` must conform to `tenantFileSchema`. */
export function resolveTenant(origin: FrozenTenant): TenantConfig {
  const file = tenantFileSchema.parse(origin.raw);
  return {
    ...file,
    user: file.privileges === 'keep' ? keepPrivileges(origin.user) : origin.user,
    // They are the operator's choice for a command, and have nothing of the tenant's.
    accounts: Object.fromEntries(
      Object.entries(origin.accounts).map(([name, account]) => [name, keepPrivileges(account)]),
    ),
    environment: { ...origin.environment, ...file.environment },
    log_dir: origin.log_dir,
    origin,
    warnings: [],
  };
}

/** The form in which a configuration is stored as JSON. */
export function freezeTenant(config: TenantConfig): FrozenTenant {
  return config.origin;
}

/** The configuration that was frozen; throws AppError `config` when this is none. */
export function thawTenant(frozen: unknown): TenantConfig {
  const { origin } = parseConfig(z.object({ origin: frozenSchema }), storedSource({ origin: frozen }));
  parseConfig(tenantFileSchema, storedSource(origin.raw));
  return resolveTenant(origin);
}

/** The tenant as its features see it. */
export function siteOf(config: TenantConfig): Site {
  return {
    slug: config.slug,
    appDir: config.app_dir,
    dataDir: config.data_dir,
    user: config.user,
    accounts: config.accounts,
    limits: config.limits,
    env: {
      ...minimalEnvironment(config.user),
      ...config.environment,
      APP_DIR: config.app_dir,
      DATA_DIR: config.data_dir,
      DEPLOY_ENV: config.slug,
    },
  };
}

function keepPrivileges(user: User): User {
  return { ...user, privileges: 'keep' };
}

function storedSource(value: Record<string, unknown>): ConfigSource {
  return { value, locate: () => 'the stored configuration' };
}

function isPattern(text: string): boolean {
  try {
    RegExp(text);
    return true;
  } catch {
    return false;
  }
}
