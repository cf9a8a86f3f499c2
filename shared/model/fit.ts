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
    return rule === undefined ? value : shorten(cleanText(value, secrets), rule);
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

/** The text with a mark in place of what is too long. */
export function shorten(text: string, { max, keep }: TextRule): string {
  if (text.length <= max) return text;
  const room = max - markOf(text.length).length;
  const mark = markOf(text.length - room);
  // The cut may leave half of a surrogate pair.
  if (keep === 'start') return `${text.slice(0, room).replace(/[\ud800-\udbff]$/, '')}${mark}`;
  return `${mark}${text.slice(-room).replace(/^[\udc00-\udfff]/, '')}`;
}

function shortenList(schema: z.ZodArray, items: unknown[]): unknown[] {
  const rule = listRules.get(schema);
  if (rule === undefined || items.length <= rule.max) return items;
  if (rule.rest === null) return items.slice(0, rule.max);
  const kept = items.slice(0, rule.max - 1);
  return [...kept, rule.rest(items.length - kept.length)];
}
