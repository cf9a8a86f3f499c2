// The plan: what an upgrade would do, made without touching the tenant.
import { z } from 'zod';
import { isErrorCode } from '../errors.js';

export const phases = ['pre-pull', 'post-pull', 'pre-migrate', 'post-migrate'] as const;
export type Phase = (typeof phases)[number];

const plannedHook = z.object({
  /** The hook's own tag, which is its `DEPLOY_TAG`. */
  tag: z.string(),
  phase: z.enum(phases),
  /** The file's name inside `release/`. */
  file: z.string(),
  sha256: z.string(),
  /** What the file is run by, such as `["/bin/bash"]`; the script's path follows it. */
  interpreter: z.array(z.string()),
  /** Set when an operator marked this hook: it will not run. */
  mark: z.object({ as: z.enum(['done', 'skipped']), reason: z.string() }).nullable(),
});
export type PlannedHook = z.infer<typeof plannedHook>;

const plannedMigration = z.object({ file: z.string(), sha256: z.string(), tag: z.string() });
export type PlannedMigration = z.infer<typeof plannedMigration>;

const appliedMigration = z.object({ file: z.string(), sha256: z.string() });

/** What the agent knows of a tenant between upgrades; one file per tenant. */
export const recordSchema = z.object({
  version: z.string(),
  commit: z.string(),
  previous_version: z.string().nullable(),
  /** The upgrade that wrote this record, or null for one that was made from the work tree. */
  upgrade_id: z.string().nullable(),
  recorded_at: z.string(),
  applied_migrations: z.array(appliedMigration),
  marks: z.array(
    z.object({
      tag: z.string(),
      phase: z.enum(phases).nullable(),
      as: z.enum(['done', 'skipped']),
      reason: z.string(),
      at: z.string(),
    }),
  ),
  /** Tracked files that the last upgrade's hooks left modified, with the Git blob id of that content. */
  modified_by_hooks: z.array(z.object({ path: z.string(), blob: z.string() })),
});
export type TenantRecord = z.infer<typeof recordSchema>;

const planIssue = z.object({
  code: z.string().refine(isErrorCode),
  message: z.string(),
  hint: z.string().nullable(),
});

export const requirementsPlanSchema = z.object({
  /** `unchanged`: nothing to install; `ahead`: built while the services are up; `in-place`: installed in step 8. */
  action: z.enum(['none', 'unchanged', 'ahead', 'in-place']),
  /** What the environment is keyed by, or null. */
  key: z.string().nullable(),
  reason: z.string(),
});

export const planSchema = z.object({
  tenant: z.string(),
  host: z.string(),
  made_at: z.string(),
  /** `upgrade` to a higher version, `reapply` of the same, `downgrade`, or `none`: nothing to do. */
  kind: z.enum(['upgrade', 'reapply', 'downgrade', 'none']),
  /** Null where the checks did not get as far. */
  previous: z.object({ version: z.string(), commit: z.string() }).nullable(),
  target: z.object({ version: z.string(), commit: z.string() }).nullable(),
  crossed: z.array(z.string()),
  hooks: z.array(plannedHook),
  migrations: z.array(plannedMigration),
  /** Every migration of the target's tree, by name and hash: what the record holds after success. */
  known_migrations: z.array(appliedMigration),
  requirements: requirementsPlanSchema,
  changed_files: z.number(),
  /** Modified tracked files that the checkout discards, after saving them as a patch. */
  discarded: z.array(z.string()),
  record: recordSchema.nullable(),
  /** What is needed on each file system that the upgrade writes to. */
  disk: z.array(z.object({ folder: z.string(), needed_bytes: z.number(), free_bytes: z.number() })),
  warnings: z.array(z.string()),
  blockers: z.array(planIssue),
});
export type Plan = z.infer<typeof planSchema>;
