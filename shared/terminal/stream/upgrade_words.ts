// The words of a command that asks for an upgrade or its plan.
import { z } from 'zod';
import { duration } from '../../config/values.js';
import type { UpgradeRequest } from '../../model/request.js';
import { flag, optionalTag, tenant } from '../inputs.js';

/** The options of a command that names an upgrade, by flags. */
export const requestOptions = {
  '--force': 'apply the current version again, with its hooks',
  '--allow-downgrade': 'accept a lower version; no hooks and no migrations run then',
  '--from <tag>': 'the current version, where the agent cannot determine it',
  '--commit <sha>': 'refuse if the tag resolves to another commit',
};

/** The schema of all words; a program without an option never gives it. */
export const upgradeWords = z.object({
  tenant,
  version: optionalTag,
  force: flag,
  allowDowngrade: flag,
  from: optionalTag,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/, { error: '--commit wants a whole commit id: 40 hexadecimal digits or more' })
    .optional()
    .transform((given) => given ?? null),
});

/** In whole seconds, up to what the API takes. */
export const startWithin = z
  .string()
  .transform((text) => duration.safeParse(text).data ?? 0)
  .refine((ms) => ms >= 1000 && ms <= 604_800_000, { error: '--start-within wants a time from 1s to 7d, such as 8h' })
  .transform((ms) => Math.floor(ms / 1000))
  .optional();

/** The request that these words make. */
export function makeRequest(words: z.infer<typeof upgradeWords>): UpgradeRequest {
  const { version, force, allowDowngrade, from, commit } = words;
  return { version, force, allow_downgrade: allowDowngrade, from, commit };
}
