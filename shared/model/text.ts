// Text that people read, and lists that may be cut: the schemas say how much of it may travel. `fit.ts` makes it fit.
import { z } from 'zod';
import { sharedLimits as limits, type Limit } from '../limits.js';

export interface TextRule {
  max: number;
  /** Which part of a longer text is kept. */
  keep: 'start' | 'end';
}

export interface ListRule {
  max: number;
  /** The last item of a shortened list, which says how many were left out; without it they are left out silently. */
  rest: ((left: number) => unknown) | null;
}

/** The schemas of texts and of lists that may be shortened. */
export const textRules = z.registry<TextRule>();
export const listRules = z.registry<ListRule>();

/** Text for people; by default a message, a hint, a warning or a line. */
export function text({ max }: Limit = limits.text, keep: TextRule['keep'] = 'start') {
  return z.string().max(max).register(textRules, { max, keep });
}

/** What stands for the rest of a list of texts. */
export function saysLeft(left: number): string {
  return `… [${left} more left out]`;
}

/** A list of texts. */
export function texts(limit: Limit = limits.warnings) {
  return z.array(text()).max(limit.max).register(listRules, { max: limit.max, rest: saysLeft });
}

/** A list whose end may be left out. `rest` makes the item that stands for it. */
export function shortenedList<Item extends z.ZodType>(
  item: Item,
  limit: Limit,
  rest: ((left: number) => z.infer<Item>) | null,
) {
  return z.array(item).max(limit.max).register(listRules, { max: limit.max, rest });
}

/** A list that is needed whole. */
export function wholeList<Item extends z.ZodType>(item: Item, limit: Limit) {
  return z.array(item).max(limit.max);
}

const maxDepth = 8;

/** The size of a value as JSON, in bytes. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

function isFlat(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth < maxDepth && Object.values(value).every((inner) => isFlat(inner, depth + 1));
}

/** A value of JSON with a limit on its size, and nested at most eight levels deep. */
export function smallJson({ max }: Limit) {
  return z.custom<z.core.util.JSONType>((value) => value !== undefined && isFlat(value) && jsonBytes(value) <= max, {
    error: `must be JSON of at most ${max} bytes, and nested at most ${maxDepth} levels deep`,
  });
}
