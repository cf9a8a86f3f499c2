// Finds the release hooks that an upgrade runs, in order, and their problems.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { createWorkQueue } from '../../../shared/os/work_queue.js';
import { AppError } from '../../../shared/errors.js';
import { phases, type PlannedHook, type TenantRecord } from '../../../shared/model/plan/plan.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import { agentLimits } from '../../limits.js';
import { createProgramFinder } from '../find_command.js';
import type { ReadContext } from '../site.js';
import { measureExport } from '../export_tree.js';
import type { Tree, TreeEntry } from '../tree.js';
import { checkHook, type HookFile } from './check_hook.js';
import { parseHookName, type HookName } from './parse_hook_name.js';

/** The folder of the repository that holds the hooks. */
export const hookFolder = 'release';

/** How many hooks are checked at the same time: each may need a process. */
const maxChecks = 4;

export interface HooksToPlan {
  tree: Tree;
  /** The target's commit: the hooks of all tags are read from it. */
  commit: string;
  /** Every tag of the repository. */
  tags: readonly string[];
  /** The tags whose hooks run, oldest first: the crossed tags; for a reapply the target; for a downgrade none. */
  crossed: readonly string[];
  marks: TenantRecord['marks'];
  readContext: ReadContext;
}

export interface HooksPlan {
  hooks: PlannedHook[];
  warnings: Warning[];
  blockers: AppError[];
  /** The room that the export of the hooks needs; 0 where none is exported. */
  exportBytes: number;
}

interface NamedEntry {
  entry: TreeEntry;
  file: string;
  name: HookName;
}

/**
 * The hooks of the crossed tags: phase by phase, in each the oldest tag first, `<tag>.sh` before `<tag>.post-pull.sh`.
 * A hook that an operator marked is planned with its mark and not examined. `blockers` are AppErrors `invalid-hook` and
 * `missing-interpreter`. Throws `time-limit` when a check does not end.
 */
export async function planHooks(plan: HooksToPlan): Promise<HooksPlan> {
  const { tree, commit, tags, crossed, marks, readContext } = plan;
  const nothing = { hooks: [], warnings: [], exportBytes: 0 };
  if (crossed.length === 0) return { ...nothing, blockers: [] };
  const entries = await tree.list(commit, hookFolder);
  if (entries.some((entry) => entry.path === hookFolder)) {
    const hint = 'Hooks are files in a folder of that name.';
    return { ...nothing, blockers: [new AppError('invalid-hook', `${hookFolder} is no folder`, { hint })] };
  }
  const known = new Set(tags);
  // The hooks of a tag `release/1.2` lie in a folder of that name. Other folders hold no hooks.
  const folders = new Set(['.', ...tags.map((tag) => path.posix.dirname(tag))]);
  const named = entries
    .map((entry) => ({ entry, file: entry.path.slice(hookFolder.length + 1) }))
    .filter(({ file }) => folders.has(path.posix.dirname(file)))
    .map(({ entry, file }) => ({ entry, file, name: parseHookName(file, known) }));

  const hooks: PlannedHook[] = [];
  const blockers: AppError[] = [];
  const warnings = named.flatMap(warnOf);
  const ordered = orderHooks(named, crossed);
  const sizes = await tree.sizes(entries.filter(({ type }) => type === 'blob').map(({ oid }) => oid));
  const isLarge = ({ oid }: TreeEntry) => (sizes.get(oid) ?? 0) > agentLimits.hookSize.max;
  const refused = ordered.filter((hook) => isLarge(hook.entry) && findMark(marks, hook.tag, hook.phase) === null);
  const refusedEntries = new Set(refused.map(({ entry }) => entry));
  const exported = entries.filter((entry) => !refusedEntries.has(entry));
  refuseLarge(exported, sizes);
  const read = ordered.filter(({ entry }) => entry.type === 'blob' && !isLarge(entry));
  const contents = await tree.read(read.map(({ entry }) => entry.oid));
  const runQueued = createWorkQueue(maxChecks);
  const means = { readContext, findProgram: createProgramFinder(readContext) };
  const examine = async ({ entry, file, tag, phase }: (typeof ordered)[number]) => {
    const content = contents.get(entry.oid) ?? Buffer.alloc(0);
    const mark = findMark(marks, tag, phase);
    if (mark === null && isLarge(entry)) {
      const found = { ...nothingFound, blocker: tooLarge(file, sizes.get(entry.oid) ?? 0) };
      return { ...found, hook: { tag, phase, file, sha256: '', interpreter: [], mark } };
    }
    const found = mark === null ? await examineHook({ file, mode: entry.mode, content }, means) : nothingFound;
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { ...found, hook: { tag, phase, file, sha256, interpreter: found.interpreter, mark } };
  };
  const examined = await Promise.all(ordered.map((hook) => runQueued(() => examine(hook))));
  for (const { hook, warnings: own, blocker } of examined) {
    hooks.push(hook);
    warnings.push(...own);
    if (blocker !== null) blockers.push(blocker);
  }
  return { hooks, warnings, blockers, exportBytes: hooks.length === 0 ? 0 : measureExport(exported, sizes) };
}

/** Those of the tags that have a hook in this commit. */
export async function findHookedTags(tree: Tree, commit: string, tags: readonly string[]): Promise<string[]> {
  if (tags.length === 0) return [];
  const known = new Set(tags);
  const names = (await tree.list(commit, hookFolder)).map((entry) =>
    parseHookName(entry.path.slice(hookFolder.length + 1), known),
  );
  const hooked = new Set(names.flatMap((name) => (name.is === 'hook' ? [name.tag] : [])));
  return tags.filter((tag) => hooked.has(tag));
}

const nothingFound = { interpreter: [] as string[], warnings: [] as Warning[], blocker: null };

async function examineHook(hook: HookFile, means: Parameters<typeof checkHook>[1]) {
  try {
    return { ...nothingFound, ...(await checkHook(hook, means)) };
  } catch (error) {
    if (error instanceof AppError) return { ...nothingFound, blocker: error };
    throw error;
  }
}

/** Everything in the folder is exported for the hooks; many of its files can be one object of the repository. */
function refuseLarge(exported: readonly TreeEntry[], sizes: ReadonlyMap<string, number>): void {
  const { repositoryFile, repositoryRead } = agentLimits;
  const own = exported.map(({ oid }) => sizes.get(oid) ?? 0);
  const total = own.reduce((sum, size) => sum + size, 0);
  const largest = own.reduce((most, size) => Math.max(most, size), 0);
  if (total <= repositoryRead.max && largest <= repositoryFile.max) return;
  const message = `${hookFolder} has ${total} bytes, and a file of ${largest}; at most ${repositoryRead.max} are exported, and files of ${repositoryFile.max}`;
  throw new AppError('invalid-hook', message, { hint: 'Keep large files elsewhere, and fetch them in a hook.' });
}

function tooLarge(file: string, sizeBytes: number): AppError {
  const message = `${hookFolder}/${file} is ${sizeBytes} bytes long; a hook may have ${agentLimits.hookSize.max}`;
  const hint = 'Tag a release with a smaller hook: it can fetch large data when it runs.';
  return new AppError('invalid-hook', message, { hint, details: { file } });
}

function orderHooks(named: readonly NamedEntry[], tags: readonly string[]) {
  const hooks = named.flatMap(({ entry, file, name }) => (name.is === 'hook' ? [{ ...name, entry, file }] : []));
  const byName = new Map<string, typeof hooks>();
  for (const hook of hooks) {
    const name = `${hook.phase} ${hook.tag}`;
    byName.set(name, [...(byName.get(name) ?? []), hook]);
  }
  return phases.flatMap((phase) =>
    tags.flatMap((tag) =>
      (byName.get(`${phase} ${tag}`) ?? []).toSorted((left, right) => Number(right.isDefault) - Number(left.isDefault)),
    ),
  );
}

function warnOf({ file, name }: NamedEntry): Warning[] {
  const shown = `${hookFolder}/${file}`;
  if (name.is === 'misspelt-phase') {
    const text = `${shown} will never run: '${name.suffix}' is none of the phases ${phases.join(', ')}`;
    return [{ code: 'misspelt-hook', text }];
  }
  if (name.is !== 'unknown-tag') return [];
  return [{ code: 'hook-without-tag', text: `${shown} will never run: there is no tag ${name.tag}` }];
}

/** The newest mark counts; a mark without a phase applies to all hooks of its tag. */
function findMark(marks: TenantRecord['marks'], tag: string, phase: PlannedHook['phase']): PlannedHook['mark'] {
  const mark = marks.findLast((mark) => mark.tag === tag && (mark.phase === null || mark.phase === phase));
  return mark === undefined ? null : { as: mark.as, reason: mark.reason };
}
