// The words of a command that asks for an upgrade or its plan.
import { z } from 'zod';
import type { PlanBody } from '../../shared/wire/api.js';
import { duration } from '../../shared/config/values.js';
import { flag, optionalTag, tenant } from '../../shared/terminal/inputs.js';

export const requestOptions = {
  '--force': 'apply the version again that is there already, with its hooks',
  '--allow-downgrade': 'accept a lower version; no hooks and no migrations run then',
  '--commit <sha>': 'refuse if the tag resolves to another commit',
};

export const upgradeWords = {
  tenant,
  version: optionalTag,
  force: flag,
  allowDowngrade: flag,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/, { error: '--commit wants a whole commit id: 40 hexadecimal digits or more' })
    .optional(),
};

/** In whole seconds, up to what the API takes. */
export const startWithin = z
  .string()
  .transform((text) => duration.safeParse(text).data ?? 0)
  .refine((ms) => ms >= 1000 && ms <= 604_800_000, { error: '--start-within wants a time from 1s to 7d, such as 8h' })
  .transform((ms) => Math.floor(ms / 1000))
  .optional();

type UpgradeWords = z.infer<z.ZodObject<typeof upgradeWords>>;

export function makeBody({ version, force, allowDowngrade, commit }: UpgradeWords): PlanBody {
  return { version, force, allow_downgrade: allowDowngrade, commit: commit ?? null };
}
