// Words that the commands of freezes take.
import { z } from 'zod';
import { freezeName as nameSchema } from '../../shared/wire/freezes_api.js';
import { isZone } from './rollout/zone_word.js';

const quote = (text: unknown) => JSON.stringify(String(text).slice(0, 40));

export const freezeName = z.string().refine((given) => nameSchema.safeParse(given).success, {
  error: ({ input }) =>
    `${quote(input)} is no name of a freeze: lower-case letters, digits and . _ - are meant, such as xmas`,
});

/** A local date, or date and time; null where none is given. */
export const localTime = (option: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?$/, {
      error: ({ input }) =>
        `${option} wants a date, or a date and a time, such as "2026-12-24 18:00", not ${quote(input)}`,
    })
    .optional()
    .transform((given) => given ?? null);

export const zone = z
  .string()
  .refine(isZone, {
    error: ({ input }) => `--zone: there is no time zone ${quote(input)}; one such as Europe/Berlin or UTC is meant`,
  })
  .default('UTC');
