// The API's objects of freezes.
import { z } from 'zod';
import { sharedLimits as limits } from '../limits.js';
import { selectionText, slug, time } from '../model/names.js';
import { zoneName } from '../model/rollout.js';
import { text, wholeList } from '../model/text.js';

export const freezeName = z
  .string()
  .max(limits.freezeName.max)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, {
    error: 'must be lower-case letters, digits and . _ -, a letter or a digit first',
  });

/** Local time in a zone, such as `2026-12-24 18:00`. */
const localTime = z
  .string()
  .max(16)
  .regex(/^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?$/, { error: 'must be a date, or a date and a time: 2026-12-24 18:00' });

export const freezeBodySchema = z.strictObject({
  name: freezeName,
  where: selectionText.nullable().default(null).describe('the tenants; the whole fleet without it'),
  from: localTime.nullable().default(null).describe('when it begins; now without it'),
  until: localTime.nullable().default(null).describe('when it ends; when somebody ends it without it'),
  zone: zoneName.default('UTC').describe('the time zone of both'),
});
export type FreezeBody = z.infer<typeof freezeBodySchema>;

export const freezeSchema = z.object({
  name: freezeName,
  where: selectionText.nullable(),
  state: z.enum(['planned', 'active', 'ended']),
  begins_at: time,
  ends_at: time.nullable(),
  zone: zoneName,
  created_at: time,
  created_by: text(),
  why: text().nullable(),
  exceptions: wholeList(z.object({ slug, by: text(), why: text(), at: time }), limits.namedTenants),
});
export type Freeze = z.infer<typeof freezeSchema>;
export const exceptionBodySchema = z.strictObject({ tenants: wholeList(slug, limits.namedTenants).min(1) });
