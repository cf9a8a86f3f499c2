// Step 3: fetch. The check fetches while the services are up; the step confirms that the pinned commit exists.
import { AppError } from '../../../shared/errors.js';
import { fetchMirror } from '../../tenant/git/fetch_mirror.js';
import { hasCommit } from '../../tenant/git/tags.js';
import { versionsOf } from '../plan/check_context.js';
import type { StepBodies } from '../step.js';

export const fetch: StepBodies = {
  async check({ features, config, signal, warn }) {
    const { fetch: timeLimitMs, stall: stallLimitMs } = config.time_limits;
    const limits = { timeLimitMs, stallLimitMs, signal };
    const { movedTags } = await features.withMirror(() => fetchMirror(features.mirror, limits));
    for (const { tag, from, to } of movedTags) {
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
