// Numbers, shares and times that options take; what is wrong names the option and the remedy.
import { z } from 'zod';
import { duration } from '../../../shared/config/values.js';
import { shareSchema } from '../../../shared/model/rollout.js';

const quote = (text: unknown) => JSON.stringify(String(text).slice(0, 40));

/** A whole number from 1 on. */
export const wholeNumber = (option: string, most: number) =>
  z
    .string()
    .refine((text) => /^[1-9]\d{0,6}$/.test(text) && Number(text) <= most, {
      error: ({ input }) => `${option} wants a whole number from 1 to ${most}, not ${quote(input)}`,
    })
    .transform(Number)
    .optional();

/** A number of tenants, or a part of all. */
export const share = (option: string) =>
  z
    .string()
    .refine((text) => shareSchema.safeParse(text).success, {
      error: ({ input }) =>
        `${option} wants a number of tenants from 1 on, such as 10, or a part of all from 1% to 100%, not ${quote(input)}`,
    })
    .optional();

/** Several of them, with commas between. */
export const shares = (option: string) =>
  z
    .string()
    .transform((text) => text.split(','))
    .refine((texts) => texts.every((text) => shareSchema.safeParse(text).success), {
      error: ({ input }) =>
        `${option} wants sizes of waves with commas between, such as 10%,50% or 5,20, not ${quote(input)}`,
    })
    .optional();

/** A time in whole seconds, from `least` to `most` seconds. */
export const seconds = (option: string, { least, most, example }: { least: number; most: number; example: string }) =>
  z
    .string()
    .transform((text, context) => {
      const given = (duration.safeParse(text).data ?? Number.NaN) / 1000;
      if (Number.isInteger(given) && given >= least && given <= most) return given;
      const range = `from ${least}s to ${most < 86_400 ? `${most / 3600}h` : `${Math.floor(most / 86_400)}d`}`;
      context.addIssue(`${option} wants a time ${range}, such as ${example}, not ${quote(text)}`);
      return z.NEVER;
    })
    .optional();
