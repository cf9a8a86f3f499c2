// Step 6: check the target out. Its objects are imported into the tenant's repository while the services are up.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import { checkHidden } from '../../tenant/git/work_tree/check_hidden.js';
import { checkPaths } from '../../tenant/git/work_tree/check_paths.js';
import { checkSupport } from '../../tenant/git/check_support.js';
import { writeBundle } from '../../tenant/git/bundle.js';
import { checkOut } from '../../tenant/git/work_tree/check_out.js';
import { checkWritable } from '../../tenant/git/work_tree/check_writable.js';
import { findGaps } from '../../tenant/git/work_tree/find_gaps.js';
import { findUntracked } from '../../tenant/git/work_tree/find_untracked.js';
import { explainModified } from '../../tenant/git/work_tree/explain_modified.js';
import { importBundle } from '../../tenant/git/work_tree/import_bundle.js';
import { nameSome } from '../../tenant/git/name_some.js';
import { hasCommit, resolveTag } from '../../tenant/git/tags.js';
import { changedPaths } from '../../tenant/git/trees.js';
import { matchesAny } from '../../tenant/match_paths.js';
import { versionsOf, type CheckContext } from '../plan/check_context.js';
import { modificationsPatch } from '../memo.js';
import { putCodeBack } from '../actions/put_code_back.js';
import type { StepBodies, StepContext } from '../step.js';

/** How many files the result names whose local changes were discarded. */
const maxDiscarded = 30;

export const checkout: StepBodies = {
  async check(context) {
    const { features, plan, collect, config } = context;
    const { previous, target } = versionsOf(plan);
    const checkChanges = async () => {
      const changes = await changedPaths(features.mirror, previous.commit, target.commit);
      plan.changed_files = changes.length;
      const added = changes.filter(({ status }) => status === 'A').map((change) => change.path);
      const untracked = await findUntracked(context, added);
      checkPaths({ changes, untracked, appDir: config.app_dir, dataDir: config.data_dir });
      await checkWritable(context, changes);
    };
    await Promise.all([
      collect(() => checkSupport(features.tree, target.commit)),
      collect(() => checkModified(context)),
      collect(() => checkHidden(context)),
      collect(() => checkReach(context)),
      collect(() => checkGaps(context)),
      collect(checkChanges),
    ]);
  },

  async prepare(context) {
    const { features, plan, afterFlush, config } = context;
    const { previous, target } = versionsOf(plan);
    const file = path.join(features.places.exports, 'objects.bundle');
    const [object, { isIncomplete }] = await Promise.all([findObject(context), findGaps(context, previous.commit)]);
    const pin = { commit: target.commit, object, tag: target.version };
    const extent = isIncomplete ? { have: null, also: previous.commit } : { have: previous.commit };
    const bundle = { ...pin, ...extent, file, user: context.site.user };
    await afterFlush(async () => {
      await features.makeExports();
      await features.withMirror(() => writeBundle(features.mirror, bundle));
    });
    const timeLimitMs = config.time_limits.checkout;
    await importBundle(context, { ...pin, file, previous: previous.commit, timeLimitMs });
  },

  async run(context) {
    const { previous, target } = versionsOf(context.plan);
    const timeLimitMs = context.config.time_limits.checkout;
    await checkOut(context, { commit: target.commit, previous: previous.commit, timeLimitMs });
    sayDiscarded(context);
  },

  undo: putCodeBack,
};

/** Local changes that an operator may look for. */
function sayDiscarded({ plan, memo, say }: StepContext): void {
  const patch = memo.get(modificationsPatch);
  if (plan.discarded.length === 0 || patch === undefined) return;
  say(`Discarded the local changes of ${nameSome(plan.discarded, maxDiscarded)}; they are kept as a patch: ${patch}`);
}

/** The object of the target's tag: the tag object of an annotated tag that still points to the pinned commit. */
async function findObject({ features, plan }: StepContext): Promise<string> {
  const { target } = versionsOf(plan);
  const tag = await resolveTag(features.mirror, target.version);
  return tag?.commit === target.commit ? tag.object : target.commit;
}

/** Refuses modified tracked files, except those in `modified_ok` and those that the last upgrade's hooks modified. */
async function checkModified(context: CheckContext): Promise<void> {
  const { plan, record, config } = context;
  const { modified, branch } = await context.workTree();
  plan.branch = branch;
  const isLeftByHooks = (path: string, blob: string | null) =>
    record?.modified_by_hooks.some((left) => left.path === path && left.blob === blob) === true;
  const refused = modified.filter(
    ({ path, blob }) => !isLeftByHooks(path, blob) && !matchesAny(path, config.modified_ok),
  );
  plan.discarded = modified.filter((file) => !refused.includes(file)).map(({ path }) => path);
  if (refused.length > 0) throw await explainModified(context, refused);
}

/** Refuses where objects of the old commit are missing that no bundle can bring: a rollback would need them. */
async function checkGaps(context: CheckContext): Promise<void> {
  const { plan, features, config } = context;
  const { commit } = versionsOf(plan).previous;
  const { missing } = await findGaps(context, commit);
  if (missing.length === 0 || (await hasCommit(features.mirror, commit))) return;
  throw new AppError(
    'work-tree',
    `${config.app_dir.shown} lacks git objects of its commit ${commit.slice(0, 12)} (${nameSome(missing)}), and ${config.repo} does not have that commit`,
    {
      hint: `A rollback would need them. Where it is a partial clone: git -C ${config.app_dir.shown} fetch --refetch --no-filter`,
    },
  );
}

/** Refuses where the tenant's user cannot reach the files that the agent exports for it. */
async function checkReach({ probe, site, features }: CheckContext): Promise<void> {
  const folder = path.dirname(features.places.exports);
  const { exitCode } = await probe({ argv: ['test', '-x', folder], user: site.user, cwd: '/', env: {} });
  if (exitCode === 0) return;
  throw new AppError(
    'config',
    `${site.user.name} cannot enter ${folder}, which holds the hooks and git objects for the tenant`,
    {
      hint: `Every folder on its path needs execute permission (chmod o+x); or choose another state_dir.`,
    },
  );
}
