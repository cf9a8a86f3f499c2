// Step 4: determine the current version and the target, and pin the target to a commit.
import { closestWord } from '../../../shared/config/closest_word.js';
import { AppError } from '../../../shared/errors.js';
import {
  compareTags,
  crossedTags,
  defaultTagPattern,
  isVersion,
  latestTag,
  sortTags,
} from '../../../shared/versions.js';
import { checkWorkTree } from '../../tenant/git/work_tree/check_work_tree.js';
import { findHeldVersion } from '../../tenant/git/held_version.js';
import { nameSome } from '../../tenant/git/name_some.js';
import { hasCommit, mergedTags, resolveTag } from '../../tenant/git/tags.js';
import { findHookedTags } from '../../tenant/hooks/plan_hooks.js';
import { checkTagName, verifyTag } from '../../tenant/git/trust.js';
import { versionsOf, type CheckContext, type Version } from '../plan/check_context.js';
import type { StepBodies, StepContext } from '../step.js';

export const determineVersion: StepBodies = {
  async check(context) {
    const { plan, request, config } = context;
    const pattern = config.tag_pattern ?? defaultTagPattern;
    for (const name of [request.version, request.from]) if (name !== null) checkTagName(name, pattern);
    const tags = [...(await context.tags()).keys()].filter((tag) => new RegExp(pattern).test(tag));
    // Both run together, so that a refusal of one still reports the result of the other.
    const from = findPrevious(context, tags);
    const [target, previous] = await Promise.allSettled([findTarget(context, tags, from), from]);
    if (target.status === 'fulfilled') plan.target = target.value;
    if (previous.status === 'fulfilled') plan.previous = previous.value;
    if (target.status === 'rejected') throw target.reason;
    if (previous.status === 'rejected') throw previous.reason;
    plan.kind = compareVersions(previous.value, target.value, request);
    if (plan.kind === 'downgrade') return;
    if (plan.kind === 'upgrade') await warnOfLeftOut(context, previous.value, target.value);
    plan.crossed =
      plan.kind === 'reapply'
        ? [target.value.version]
        : crossedTags(tags, previous.value.version, target.value.version);
  },

  async run(context) {
    const { features, plan, warn } = context;
    const { previous, target } = versionsOf(plan);
    const [, now] = await Promise.all([confirmHead(context, previous), resolveTag(features.mirror, target.version)]);
    if (now?.commit === target.commit) return;
    const what = now === null ? 'removed' : 'moved';
    warn(`the tag ${target.version} was ${what} meanwhile; this upgrade still uses the commit ${target.commit}`);
  },
};

/** The plan starts from this commit, and a rollback returns to it. */
async function confirmHead(context: StepContext, planned: Version): Promise<void> {
  const { commit: head } = await checkWorkTree(context);
  if (head === planned.commit) return;
  const { appDir } = context.site;
  throw new AppError(
    'moved-head',
    `${appDir.shown} is at ${head.slice(0, 12)}, but was at ${planned.commit.slice(0, 12)} (${planned.version}) when the upgrade was planned`,
    { hint: `The upgrade does not move it. Find out who works in ${appDir.shown}, then upgrade again.` },
  );
}

async function findTarget(
  { request, features, config, record, tags: all }: CheckContext,
  tags: string[],
  from: Promise<Version>,
): Promise<Version> {
  const like = async () => (await from.catch(() => record))?.version ?? null;
  const version = request.version ?? findLatest(config.repo, tags, await like());
  const tag = (await all()).get(version);
  if (tag === undefined) {
    throw new AppError('unknown-tag', `there is no tag ${version} in ${config.repo}`, {
      hint: hintAtTags(version, tags),
    });
  }
  if (request.commit !== null && request.commit !== tag.commit) {
    throw new AppError('moved-tag', `the tag ${version} is at ${tag.commit}, not at the expected ${request.commit}`, {
      hint: 'Find out who moved it; plan again to use its present commit.',
    });
  }
  await verifyTag(features.mirror, { name: version, ...tag }, config.trust);
  return { version, commit: tag.commit };
}

/** In a repository with several prefixes the latest tag is the one of the tenant's prefix. */
function findLatest(repo: string, tags: readonly string[], like: string | null): string {
  const version = latestTag(tags, like);
  if (version !== null) return version;
  if (latestTag(tags) === null) {
    throw new AppError('unknown-tag', `${repo} has no release tag yet`, {
      hint: 'Tag a release, such as v1.0.0, and push it.',
    });
  }
  throw new AppError('unknown-tag', `${repo} has no release tag with the prefix of the tenant's ${like ?? ''}`, {
    hint: `${hintAtTags('', tags)} Name the one to go to.`,
  });
}

/** Suggests a similar tag, if there is one, and lists the latest tags. */
function hintAtTags(version: string, tags: readonly string[]): string {
  const known = sortTags(tags).slice(-5).join(', ');
  if (known === '') return 'It has no release tags at all.';
  // A version with another prefix than the repository's tags, or without one.
  const numbers = version.replace(/^[^\d]*/, '');
  const prefixed = tags.find((tag) => numbers !== '' && tag.replace(/^[^\d]*/, '') === numbers);
  const meant = prefixed ?? closestWord(version, tags);
  return `${meant === null ? '' : `Did you mean ${meant}? `}The latest ones are ${known}.`;
}

async function findPrevious(context: CheckContext, tags: string[]): Promise<Version> {
  const { request, record, features, config } = context;
  const { head } = await context.workTree();
  const wayOut = `Name the version that it counts as: \`--from TAG\`.`;
  if (request.from !== null) {
    if (!tags.includes(request.from)) {
      throw new AppError('unknown-tag', `there is no tag ${request.from}, which --from names`, { hint: wayOut });
    }
    return { version: request.from, commit: head };
  }
  if (record !== null) {
    if (record.commit === head) return { version: record.version, commit: head };
    throw new AppError(
      'moved-head',
      `${config.app_dir.shown} is at ${head.slice(0, 12)}, but the last upgrade left it at ${record.version} (${record.commit.slice(0, 12)})`,
      {
        hint: `Check ${record.version} out again, or name the version that it counts as: \`--from TAG\`.`,
      },
    );
  }
  const merged = (await hasCommit(features.mirror, head)) ? await mergedTags(features.mirror, head) : [];
  const own = [...(await context.tags())].filter(([, { commit }]) => commit === head).map(([tag]) => tag);
  // Pre-releases count: from v2.0.0-rc.1, which holds v1.0.0, a controller must not get to v1.5.0.
  const releases = new Set(tags);
  const held = findHeldVersion({ own, merged, isRelease: (tag) => releases.has(tag) });
  if (held !== null && 'version' in held) return { version: held.version, commit: head };
  if (held !== null) {
    const named = nameSome(held.unsure, maxNamed);
    throw new AppError('unknown-version', `${config.app_dir.shown} holds tags of several prefixes: ${named}`, {
      hint: `${wayOut} Or set \`tag_pattern\` to the tags of this tenant's app.`,
    });
  }
  throw new AppError(
    'unknown-version',
    `${config.app_dir.shown} is at ${head.slice(0, 12)}, which holds no release tag of ${config.repo}`,
    { hint: wayOut },
  );
}

function compareVersions(
  previous: Version,
  target: Version,
  request: CheckContext['request'],
): CheckContext['plan']['kind'] {
  if (previous.version === target.version) {
    if (request.force) return 'reapply';
    if (previous.commit === target.commit || request.from !== null) return 'none';
    throw new AppError(
      'moved-tag',
      `the tag ${target.version} is at ${target.commit.slice(0, 12)}, but the tenant has ${target.version} at ${previous.commit.slice(0, 12)}`,
      {
        hint: 'Find out who moved it; `--force` upgrades to its present commit.',
      },
    );
  }
  const order = compareTags(target.version, previous.version);
  if (order !== null && order > 0) return 'upgrade';
  // Of what cannot be compared nobody knows that it is higher. Allowed, it is installed with the target's own hooks.
  if (request.allow_downgrade) return order === null ? 'upgrade' : 'downgrade';
  const hint =
    order === null
      ? `Such a change counts as a downgrade: \`--allow-downgrade\` installs it with the hooks of ${target.version} only.`
      : '`--allow-downgrade` installs it without hooks and migrations; `drover-agent rollback` undoes the latest upgrade.';
  throw new AppError('downgrade', `${target.version} ${describeOrder(order)} the tenant's ${previous.version}`, {
    hint,
  });
}

const describeOrder = (order: number | null) =>
  order === null ? 'cannot be compared as a version with' : order === 0 ? 'is the same version as' : 'is lower than';

/** How many tags a message names. */
const maxNamed = 10;

/**
 * Names the releases whose hooks are left out because nothing says where they belong: all between tags that cannot be
 * compared, as only the target's hooks run there; otherwise those with hooks among the tags that are no versions.
 */
async function warnOfLeftOut(context: CheckContext, previous: Version, target: Version): Promise<void> {
  const { features, warn } = context;
  const { mirror } = features;
  const isOrdered = compareTags(previous.version, target.version) !== null;
  if (isOrdered && [...(await context.tags()).keys()].every(isVersion)) return;
  const isKnown = await hasCommit(mirror, previous.commit);
  const before = new Set([target.version, ...(isKnown ? await mergedTags(mirror, previous.commit) : [])]);
  const left = (await mergedTags(mirror, target.commit)).filter((tag) => !before.has(tag));
  if (!isOrdered) {
    const named = left.length === 0 ? '' : `; left out are those of ${nameSome(left, maxNamed)}`;
    warn(
      'uncompared-versions',
      `${target.version} cannot be compared as a version with ${previous.version}: only the hooks of ${target.version} run${named}`,
    );
    return;
  }
  const unordered = left.filter((tag) => !isVersion(tag));
  const hooked = await findHookedTags(features.tree, target.commit, unordered);
  if (hooked.length === 0) return;
  warn(
    'unordered-hooks',
    `the hooks of ${nameSome(hooked, maxNamed)} do not run: a tag that is no version has no place in the order`,
  );
}
