// The plans of simulated tenants: those of one kind are of one class.
import { createHash } from 'node:crypto';
import type { Plan } from '../../../shared/model/plan/plan.js';

export const targetVersion = 'v0.4.0';
export const previousVersion = 'v0.3.0';
export const hexOf = (text: string) => createHash('sha256').update(text).digest('hex');
/** The commit of the tag. */
export const commitOf = (version: string) => hexOf(version).slice(0, 40);

/** A plan to `version`. Another `kind` has another migration; `blocked` has a blocker. */
export function makePlan(about: {
  slug: string;
  host: string;
  kind: string;
  current: string;
  version: string;
  commit?: string;
}): Plan {
  const { slug, host, kind, current, version, commit = commitOf(version) } = about;
  const isBlocked = kind === 'blocked';
  const blocker: Plan['blockers'][number] = {
    code: 'modified-files',
    message: 'a file was changed by hand',
    hint: null,
  };
  return {
    tenant: slug,
    host,
    made_at: '2026-01-01T00:00:00.000Z',
    kind: current === version ? 'none' : 'upgrade',
    previous: { version: current, commit: commitOf(current) },
    target: { version, commit },
    crossed: [version],
    hooks: [],
    migrations: [{ file: `scripts/${kind}.py`, sha256: hexOf(kind), tag: version }],
    migrations_by: null,
    known_migrations: [],
    branch: null,
    discarded: [],
    requirements: { action: 'none', key: null, reason: 'none are configured', files: null },
    changed_files: 1,
    record: null,
    disk: [],
    warnings: [],
    warning_codes: [],
    blockers: isBlocked ? [blocker] : [],
  };
}
