// Words that several commands take, and what is wrong with those that no agent could understand.
import { z } from 'zod';

const slugPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const tenant = z.string().regex(slugPattern, {
  error: ({ input }) => `${JSON.stringify(input)} is no name of a tenant: a slug such as testsite is meant`,
});

/** The id of an upgrade, or a tenant. */
export const upgradeOrTenant = z.union([z.string().regex(idPattern), tenant], {
  error: ({ input }) => `${JSON.stringify(input)} is neither the id of an upgrade nor a tenant such as testsite`,
});

/** True where a word of `upgradeOrTenant` is an id. */
export function isId(word: string): boolean {
  return idPattern.test(word);
}

const tag = z
  .string()
  .min(1, { error: 'a tag such as v0.4.0 is meant, not nothing' })
  .max(200, { error: 'the tag is longer than 200 characters' });
export const requiredTag = tag;

/** A tag, or null where it was left out. */
export const optionalTag = tag.optional().transform((given) => given ?? null);

export const flag = z.boolean().default(false);
