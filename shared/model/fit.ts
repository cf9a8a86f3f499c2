// The one door for what becomes an event, an error or a report: text is cleaned of control characters, secrets are masked,
// and what is too long is shortened with a visible mark. The schema says what is text, and how long it may be.
import { z } from 'zod';
import { cleanText } from '../clean_text.js';
import { listRules, textRules, type TextRule } from './text.js';

/**
 * The value with every text and list of the schema made fit, parsed. What may not be changed (names, paths, lists that
 * are needed whole) is as it was. Throws ZodError where that breaks the schema.
 */
export function fitted<Schema extends z.ZodType>(
  schema: Schema,
  value: z.input<Schema>,
  secrets: readonly string[] = [],
): z.output<Schema> {
  return schema.parse(fit(schema, value, secrets));
}

/** The value made fit, whether or not it then conforms to the schema. */
export function fit(schema: z.core.$ZodType, value: unknown, secrets: readonly string[] = []): unknown {
  if (typeof value === 'string') {
    const rule = textRules.get(inner(schema));
    return rule === undefined ? value : cleanAndShorten(value, rule, secrets);
  }
  if (typeof value !== 'object' || value === null) return value;
  return fitObject(inner(schema), value, secrets);
}

function fitObject(schema: z.core.$ZodType, value: object, secrets: readonly string[]): unknown {
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    const { element } = schema;
    return shortenList(schema, value).map((item) => fit(element, item, secrets));
  }
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    return Object.fromEntries(
      Object.entries(value).map(([key, own]) => [
        key,
        Object.hasOwn(shape, key) && shape[key] !== undefined ? fit(shape[key], own, secrets) : own,
      ]),
    );
  }
  if (schema instanceof z.ZodRecord) {
    const { valueType } = schema;
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, fit(valueType, own, secrets)]));
  }
  // Of a union the option whose literals and keys the value has.
  if (schema instanceof z.ZodUnion) {
    const option = schema.options.find((candidate) => isOfKind(candidate, value));
    return option === undefined ? value : fit(option, value, secrets);
  }
  return value;
}

/** The schema without what makes it optional or gives it a default. */
function inner(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapped ? inner(schema.unwrap()) : schema;
}

function isOfKind(schema: z.core.$ZodType, value: object): boolean {
  if (!(schema instanceof z.ZodObject)) return false;
  const entries = new Map(Object.entries(value));
  return Object.entries(schema.shape).every(([key, own]) =>
    own instanceof z.ZodLiteral
      ? own.safeParse(entries.get(key)).success
      : entries.has(key) || own.safeParse(undefined).success,
  );
}

const markOf = (left: number) => `… [${left} characters left out]`;

/** How much more of a text is cleaned than may be shown: cleaning all of a text of many megabytes can end the process. */
const extraLength = 64 * 1024;

function cleanAndShorten(text: string, rule: TextRule, secrets: readonly string[]): string {
  const room = 2 * rule.max + extraLength;
  if (text.length <= room) return shorten(cleanText(text, secrets), rule);
  // Half of a secret may be left at the cut, so nothing of that length is shown there.
  const margin = Math.max(0, ...secrets.map(({ length }) => length));
  const isStart = rule.keep === 'start';
  const clean = cleanText(isStart ? text.slice(0, room) : text.slice(-room), secrets);
  const whole = isStart ? clean.slice(0, Math.max(0, clean.length - margin)) : clean.slice(margin);
  return shorten(whole, rule, text.length - room + clean.length - whole.length);
}

/** The text with a mark in place of what is too long; `left` characters of it are left out already. */
export function shorten(text: string, { max, keep }: TextRule, left = 0): string {
  if (text.length <= max && left === 0) return text;
  const room = Math.min(text.length, max - markOf(text.length + left).length);
  const mark = markOf(text.length + left - room);
  // The cut may leave half of a surrogate pair.
  if (keep === 'start') return `${text.slice(0, room).replace(/[\ud800-\udbff]$/, '')}${mark}`;
  return `${mark}${text.slice(text.length - room).replace(/^[\udc00-\udfff]/, '')}`;
}

function shortenList(schema: z.ZodArray, items: unknown[]): unknown[] {
  const rule = listRules.get(schema);
  if (rule === undefined || items.length <= rule.max) return items;
  if (rule.rest === null) return items.slice(0, rule.max);
  const kept = items.slice(0, rule.max - 1);
  return [...kept, rule.rest(items.length - kept.length)];
}
