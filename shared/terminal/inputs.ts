// Words that several commands take, and what is wrong with those that no agent could understand.
import { z } from 'zod';

const isSlug = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const tenant = z.string().regex(isSlug, {
  error: ({ input }) => `${JSON.stringify(input)} is no name of a tenant: a slug such as testsite is meant`,
});

const tag = z
  .string()
  .min(1, { error: 'a tag such as v0.4.0 is meant, not nothing' })
  .max(200, { error: 'the tag is longer than 200 characters' });
export const requiredTag = tag;

/** A tag, or null where it was left out. */
export const optionalTag = tag.optional().transform((given) => given ?? null);

export const flag = z.boolean().default(false);
