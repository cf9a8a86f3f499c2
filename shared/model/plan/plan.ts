// The plan: what an upgrade would do, made without touching the tenant.
import { z } from 'zod';
import { isErrorCode } from '../../errors.js';
import { sharedLimits as limits } from '../../limits.js';
import { count, errorCode, hash, hostName, id, path, slug, tag, time } from '../names.js';
import { jsonBytes, saysLeft, shortenedList, text, texts, wholeList } from '../text.js';

export const phases = ['pre-pull', 'post-pull', 'pre-migrate', 'post-migrate'] as const;
export type Phase = (typeof phases)[number];

const plannedHook = z.object({
  /** The hook's own tag, which is its `DEPLOY_TAG`. */
  tag,
  phase: z.enum(phases),
  /** The file's name inside `release/`. */
  file: path,
  sha256: hash,
  /** What the file is run by, such as `["/bin/bash"]`; the script's path follows it. */
  interpreter: wholeList(path, limits.interpreter),
  /** Set when an operator marked this hook: it will not run. */
  mark: z.object({ as: z.enum(['done', 'skipped']), reason: text() }).nullable(),
});
export type PlannedHook = z.infer<typeof plannedHook>;

const plannedMigration = z.object({ file: path, sha256: hash, tag });
export type PlannedMigration = z.infer<typeof plannedMigration>;

const appliedMigration = z.object({ file: path, sha256: hash });

/** What the agent knows of a tenant between upgrades; one file per tenant. */
export const recordSchema = z.object({
  version: tag,
  commit: hash,
  previous_version: tag.nullable(),
  /** The upgrade that wrote this record, or null for one that was made from the work tree. */
  upgrade_id: id.nullable(),
  recorded_at: time,
  applied_migrations: wholeList(appliedMigration, limits.files),
  marks: wholeList(
    z.object({
      tag,
      phase: z.enum(phases).nullable(),
      as: z.enum(['done', 'skipped']),
      reason: text(),
      at: time,
    }),
    limits.marks,
  ),
  /** The last requests that changed the marks: one that is repeated changes nothing. Older records have none. */
  marked_by: wholeList(id, limits.markRequests).optional(),
  /** Tracked files that the last upgrade's hooks left modified, with the Git blob id of that content. */
  modified_by_hooks: wholeList(z.object({ path, blob: hash }), limits.files),
});
export type TenantRecord = z.infer<typeof recordSchema>;

const planIssue = z.object({
  code: errorCode.refine(isErrorCode),
  message: text(),
  hint: text().nullable(),
});

export const requirementsPlanSchema = z.object({
  /** `unchanged`: nothing to install; `ahead`: built while the services are up; `in-place`: installed in step 8. */
  action: z.enum(['none', 'unchanged', 'ahead', 'in-place']),
  /** What the environment is keyed by, or null. */
  key: hash.nullable(),
  reason: text(),
  /** The SHA-256 of the names and contents of the release's requirement and build files; null without any. */
  files: hash.nullable().default(null),
});

const planKeys = z.object({
  tenant: slug,
  host: hostName,
  made_at: time,
  /** `upgrade` to a higher version, `reapply` of the same, `downgrade`, or `none`: nothing to do. */
  kind: z.enum(['upgrade', 'reapply', 'downgrade', 'none']),
  /** Null where the checks did not get as far. */
  previous: z.object({ version: tag, commit: hash }).nullable(),
  target: z.object({ version: tag, commit: hash }).nullable(),
  crossed: wholeList(tag, limits.planned),
  hooks: wholeList(plannedHook, limits.planned),
  /** Where one command runs them: the names that its `list` printed, without hashes. */
  migrations: wholeList(plannedMigration, limits.planned),
  /** The command that runs the migrations and alone knows which are pending; null where the agent knows them. */
  migrations_by: text().nullable().default(null),
  /** Every migration of the target's tree, by name and hash: what the record holds after success. */
  known_migrations: wholeList(appliedMigration, limits.files),
  requirements: requirementsPlanSchema,
  changed_files: count,
  /** The branch that the work tree is on, as `refs/heads/main`, to which a rollback returns; null where there is none. */
  branch: path.nullable().default(null),
  /** Modified tracked files that the checkout discards, after saving them as a patch. */
  discarded: wholeList(path, limits.files),
  record: recordSchema.nullable(),
  /** What is needed on each file system that the upgrade writes to. */
  disk: wholeList(z.object({ folder: path, needed_bytes: count, free_bytes: count }), limits.disks),
  warnings: texts(),
  /** The codes of the warnings, each once. */
  warning_codes: wholeList(errorCode, limits.warnings).default([]),
  blockers: shortenedList(planIssue, limits.warnings, (left) => ({
    code: 'too-large' as const,
    message: saysLeft(left),
    hint: null,
  })),
});

export const planSchema = planKeys.refine((plan) => jsonBytes(plan) <= limits.plan.max, {
  error: `must be at most ${limits.plan.max} bytes long`,
});
export type Plan = z.infer<typeof planSchema>;
