// The request for an upgrade: one schema from the command line to the journal. A missing key is null or false.
import { z } from 'zod';
import { commit, count, id, tag } from './names.js';

export const upgradeRequestSchema = z.strictObject({
  /** A tag; null, or the word `latest`, for the highest stable tag. */
  version: tag
    .nullable()
    .default(null)
    .transform((given) => (given === 'latest' ? null : given)),
  /** Applies the current version again. */
  force: z.boolean().default(false),
  allow_downgrade: z.boolean().default(false),
  /** The tag that an operator says the work tree is on, or null. */
  from: tag.nullable().default(null),
  /** The commit that the tag must resolve to, or null. */
  commit: commit.nullable().default(null),
});
export type UpgradeRequest = z.infer<typeof upgradeRequestSchema>;

/** Which rollout asked for an upgrade, and the how manieth attempt of its tenant it is, from 1. */
export const rolloutAttemptSchema = z.strictObject({ id, attempt: count.min(1) });
export type RolloutAttempt = z.infer<typeof rolloutAttemptSchema>;
