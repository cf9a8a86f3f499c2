// Words that several commands take, and what is wrong with those that no agent could understand.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { hostName, slug, tag, tokenName as tokenNameSchema } from '../model/names.js';

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A word that conforms to `schema`; otherwise it is quoted before what is said of it. */
function word(schema: z.ZodType<string>, says: string) {
  return z.string().refine((given) => schema.safeParse(given).success, {
    error: ({ input }) => `${quote(String(input))} ${says}`,
  });
}

/** A word that somebody typed, as one short line. */
function quote(given: string): string {
  const { max } = limits.shownValue;
  return JSON.stringify(given.length > max ? `${given.slice(0, max)}…` : given);
}

export const tenant = word(slug, 'is no name of a tenant: a slug such as testsite is meant');

/** The id of an upgrade, or a tenant. */
export const upgradeOrTenant = word(
  z.union([z.string().regex(idPattern), slug]),
  'is neither the id of an upgrade nor a tenant such as testsite',
);

export const host = word(hostName, 'is no name of a host: one such as web-17 is meant');

export const tokenName = word(tokenNameSchema, 'is no name of a token: one such as anna or acme-ci is meant');

/** True where a word of `upgradeOrTenant` is an id. */
export function isId(given: string): boolean {
  return idPattern.test(given);
}

export const requiredTag = z
  .string()
  .min(1, { error: 'a tag such as v0.4.0 is meant, not nothing' })
  .max(limits.tag.max, { error: `the tag is longer than ${limits.tag.max} characters` })
  .refine((given) => tag.safeParse(given).success, {
    error: ({ input }) => `${quote(String(input))} is no tag: it holds white space or control characters`,
  });

/** A tag, or null where it was left out. */
export const optionalTag = requiredTag.optional().transform((given) => given ?? null);

/** How many items of a list are shown. */
export const limit = z
  .string()
  .regex(/^(1000|[1-9]\d{0,2})$/, { error: '--limit wants a whole number from 1 to 1000' })
  .default('20')
  .transform(Number);

/** Why a change is made. */
export const reason = z
  .string()
  .max(limits.reason.max, { error: `--reason takes at most ${limits.reason.max} characters` })
  .optional();

export const flag = z.boolean().default(false);
