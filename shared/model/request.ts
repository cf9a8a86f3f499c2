// What an upgrade is asked for with: one schema from the command line to the journal. What is left out is null or false.
import { z } from 'zod';

const tag = z.string().min(1).max(200);

export const upgradeRequestSchema = z.strictObject({
  /** A tag; null, or the word `latest`, for the highest stable tag. */
  version: tag
    .nullable()
    .default(null)
    .transform((given) => (given === 'latest' ? null : given)),
  /** Applies the version again that is there already. */
  force: z.boolean().default(false),
  allow_downgrade: z.boolean().default(false),
  /** The tag that an operator says the work tree is on, or null. */
  from: tag.nullable().default(null),
  /** The commit that the tag must resolve to, or null. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/, { error: 'must be a whole commit id: 40 hexadecimal digits or more' })
    .nullable()
    .default(null),
});
export type UpgradeRequest = z.infer<typeof upgradeRequestSchema>;

/** What a controller may ask for: where the tenant is now is for its host to say. */
export const remoteRequestSchema = upgradeRequestSchema.omit({ from: true });
export type RemoteRequest = z.infer<typeof remoteRequestSchema>;
