// Finds the target's migrations that the tenant has not had, in the order of the releases that added them.
import { createHash } from 'node:crypto';
import { AppError } from '../../../shared/errors.js';
import { hasOddBytes } from '../../../shared/os/byte_text.js';
import type { Plan, PlannedMigration, TenantRecord } from '../../../shared/model/plan/plan.js';
import { agentLimits } from '../../limits.js';
import { baseFolder, createPathMatcher } from '../match_paths.js';
import type { Tree, TreeEntry } from '../tree.js';
import type { MigrationsConfig } from './schema.js';

export interface MigrationsToPlan {
  tree: Tree;
  config: MigrationsConfig;
  targetCommit: string;
  previousCommit: string;
  /** Null for a tenant that is new to the agent: all migrations of its version count as applied. */
  record: TenantRecord | null;
  /** The tags whose migrations are to run, oldest first; for a downgrade none. */
  crossed: readonly { tag: string; commit: string }[];
}

export interface MigrationsPlan {
  migrations: PlannedMigration[];
  /**
   * The migrations in the record after success: all of the target and all that were ever applied. So a file that is
   * deleted and added again does not run twice.
   */
  known: Plan['known_migrations'];
  /** Those that the tenant has had until now. */
  applied: TenantRecord['applied_migrations'];
  warnings: string[];
  /** AppErrors `renamed-migration`. */
  blockers: AppError[];
}

type Hashes = Map<string, string>;

/**
 * Ordered by the first crossed tag that holds them, then by name. An applied migration that has changed is a warning. A
 * pending one with the content of an applied one that is gone blocks: it was renamed, and would run a second time.
 */
export async function planMigrations(plan: MigrationsToPlan): Promise<MigrationsPlan> {
  const { tree, config, record, crossed } = plan;
  if (config === 'none' || 'command' in config) {
    const applied = record?.applied_migrations ?? [];
    return { migrations: [], known: applied, applied, warnings: [], blockers: [] };
  }
  const list = listMatching(tree, config);
  const inTarget = await hashAll(tree, await list(plan.targetCommit));
  const applied: Hashes =
    record === null
      ? await hashAll(tree, await list(plan.previousCommit))
      : new Map(record.applied_migrations.map(({ file, sha256 }) => [file, sha256]));

  const renamed = new Map(Object.entries(config.renamed));
  const pending = [...inTarget].filter(([file]) => !applied.has(file) && !applied.has(renamed.get(file) ?? file));
  const migrations: PlannedMigration[] = [];
  const ordered = new Set<string>();
  for (const { tag, commit } of pending.length === 0 ? [] : crossed) {
    const held = new Set((await list(commit)).map((entry) => entry.path));
    for (const [file, sha256] of pending.filter(([file]) => held.has(file) && !ordered.has(file))) {
      ordered.add(file);
      migrations.push({ file, sha256, tag });
    }
  }
  const changed = [...inTarget].filter(([file, sha256]) => (applied.get(file) ?? sha256) !== sha256);
  return {
    migrations,
    known: listHashes(new Map([...applied, ...inTarget])),
    applied: listHashes(applied),
    warnings: changed.map(([file]) => `${file} was changed after it was applied to this tenant; it will not run again`),
    blockers: [
      ...findRenamed(
        pending,
        [...applied].filter(([file]) => !inTarget.has(file)),
      ),
      ...pending.flatMap(([file]) => (hasOddBytes(file) ? [oddName(file)] : [])),
    ],
  };
}

/** Such a name could not be a word of a command line. */
function oddName(file: string): AppError {
  return new AppError('unsupported-repository', `the name of the migration ${file} is not UTF-8`, {
    hint: 'Tag a release in which it has another name, or leave it out with `exclude`.',
  });
}

/** Of the same content, several can be meant: the first by name. */
function findRenamed(pending: readonly [string, string][], gone: readonly [string, string][]): AppError[] {
  const goneBySha = new Map(gone.toReversed().map(([file, sha256]) => [sha256, file]));
  return pending.flatMap(([file, sha256]) => {
    const old = goneBySha.get(sha256);
    if (old === undefined) return [];
    const hint = `If it is the same migration, say so in the tenant file, and it counts as applied: migrations: { renamed: { ${JSON.stringify(file)}: ${JSON.stringify(old)} } }. If it is to run again, change its content.`;
    const message = `${file} is pending, but ${old}, which has the same content, was applied to this tenant and is gone: it looks renamed`;
    return [new AppError('renamed-migration', message, { hint, details: { file, old } })];
  });
}

const listHashes = (hashes: Hashes) => [...hashes].map(([file, sha256]) => ({ file, sha256 }));

/** Lists a commit's migrations by name: the order of their code units, the same on every host. */
function listMatching(tree: Tree, { files, exclude }: Extract<MigrationsConfig, { files: string }>) {
  const [isMigration, isExcluded] = [createPathMatcher([files]), createPathMatcher(exclude)];
  return async (commit: string): Promise<TreeEntry[]> =>
    (await tree.list(commit, baseFolder(files)))
      .filter(({ type, path }) => type === 'blob' && isMigration(path) && !isExcluded(path))
      .toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

async function hashAll(tree: Tree, entries: readonly TreeEntry[]): Promise<Hashes> {
  const hashes = new Map<string, string>();
  for (const oids of splitBySize(await tree.sizes(entries.map(({ oid }) => oid)))) {
    for (const [oid, content] of await tree.read(oids)) {
      hashes.set(oid, createHash('sha256').update(content).digest('hex'));
    }
  }
  return new Map(entries.map(({ path, oid }) => [path, hashes.get(oid) ?? '']));
}

/** Groups of files that can each be read at a time. */
function splitBySize(sizes: ReadonlyMap<string, number>): string[][] {
  const groups: string[][] = [];
  let sum = Number.POSITIVE_INFINITY;
  for (const [oid, size] of sizes) {
    sum += size;
    if (sum > agentLimits.repositoryRead.max / 4) {
      groups.push([]);
      sum = size;
    }
    groups.at(-1)?.push(oid);
  }
  return groups;
}
