// Step 3: fetch. The check fetches while the services are up, unless the mirror has what the request pins; the step
// confirms that the pinned commit exists.
import { AppError } from '../../../shared/errors.js';
import { hasCommit, resolveTag } from '../../tenant/git/tags.js';
import { versionsOf, type CheckContext } from '../plan/check_context.js';
import type { StepBodies } from '../step.js';

export const fetch: StepBodies = {
  async check(context) {
    const { fetchTags, warn } = context;
    if (await isPinned(context)) return;
    for (const { tag, from, to } of await fetchTags(context)) {
      warn('moved-tags', `the tag ${tag} was moved in the repository, from ${from.slice(0, 12)} to ${to.slice(0, 12)}`);
    }
  },

  async run({ features, plan }) {
    const { target } = versionsOf(plan);
    if (await hasCommit(features.mirror, target.commit)) return;
    throw new AppError('unknown-tag', `the commit ${target.commit} of ${target.version} is no longer in the mirror`, {
      hint: 'Run the upgrade again: it fetches the commit again.',
    });
  },
};

/** The mirror has the tag at the commit that the request names: then nobody need ask the remote, which may be down. */
async function isPinned({ request: { version, commit }, features: { mirror } }: CheckContext): Promise<boolean> {
  if (version === null || commit === null) return false;
  const tag = await resolveTag(mirror, version);
  return tag?.commit === commit && (await hasCommit(mirror, commit));
}
