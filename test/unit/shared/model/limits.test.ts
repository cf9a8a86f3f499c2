// Every string, list, number and record of what travels has a limit: at it the value is taken, one over it is refused.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventSchema } from '../../../../shared/model/journal/events.js';
import { errorBodySchema } from '../../../../shared/model/error_body.js';
import { planSchema, recordSchema } from '../../../../shared/model/plan/plan.js';
import { reportSchema } from '../../../../shared/model/report/report.js';
import { upgradeRequestSchema } from '../../../../shared/model/request.js';
import { resultSchema } from '../../../../shared/model/result.js';
import { streamItemSchema } from '../../../../shared/model/journal/stream_item.js';
import * as api from '../../../../shared/wire/api.js';
import { agentFrameSchema, controllerFrameSchema, localRequestSchema } from '../../../../shared/wire/protocol.js';

const schemas: Record<string, z.ZodType> = {
  event: eventSchema,
  'error body': errorBodySchema,
  plan: planSchema,
  record: recordSchema,
  report: reportSchema,
  request: upgradeRequestSchema,
  result: resultSchema,
  'stream item': streamItemSchema,
  'frame of an agent': agentFrameSchema,
  'frame of a controller': controllerFrameSchema,
  'local request': localRequestSchema,
  ...Object.fromEntries(
    Object.entries(api).flatMap(([name, value]) => (value instanceof z.ZodType ? [[`API ${name}`, value]] : [])),
  ),
};

/** A string, a list or a record of a schema, by its place in it. */
interface Leaf {
  at: string;
  schema: z.ZodString | z.ZodArray | z.ZodRecord | z.ZodNumber | z.ZodUnknown;
}

function* findLeaves(schema: z.core.$ZodType, at: string): Generator<Leaf> {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    yield* findLeaves(schema.unwrap(), at);
  } else if (schema instanceof z.ZodPipe) yield* findLeaves(schema.in, at);
  else if (schema instanceof z.ZodObject) {
    for (const [key, own] of Object.entries(schema.shape)) yield* findLeaves(own, `${at}.${key}`);
  } else if (schema instanceof z.ZodUnion) {
    for (const [index, option] of schema.options.entries()) yield* findLeaves(option, `${at}|${index}`);
  } else if (schema instanceof z.ZodRecord) {
    yield { at, schema };
    yield* findLeaves(schema.keyType, `${at}.<key>`);
    yield* findLeaves(schema.valueType, `${at}.<value>`);
  } else if (schema instanceof z.ZodArray) {
    yield { at, schema };
    yield* findLeaves(schema.element, `${at}[]`);
  } else if (schema instanceof z.ZodString || schema instanceof z.ZodNumber || schema instanceof z.ZodUnknown) {
    yield { at, schema };
  }
}

const leaves = Object.entries(schemas).flatMap(([name, schema]) => [...findLeaves(schema, name)]);
const strings = leaves.flatMap(({ at, schema }) => (schema instanceof z.ZodString ? [{ at, schema }] : []));
const lists = leaves.flatMap(({ at, schema }) => (schema instanceof z.ZodArray ? [{ at, schema }] : []));
const numbers = leaves.flatMap(({ at, schema }) => (schema instanceof z.ZodNumber ? [{ at, schema }] : []));

/** The longest string that the schema takes, of one character; null if none is as long as it may be. */
function makeLongest(schema: z.ZodString, length: number): string | null {
  const candidates = ['a', '0', 'A'].map((character) => character.repeat(length));
  return candidates.find((text) => schema.safeParse(text).success) ?? null;
}

describe('what travels', () => {
  it('is looked at whole', () => {
    expect(strings.length).toBeGreaterThan(200);
    expect(lists.length).toBeGreaterThan(30);
    expect(leaves.filter(({ schema }) => schema instanceof z.ZodUnknown).map(({ at }) => at)).toEqual(
      // The tenant's configuration, which no agent sends.
      expect.arrayContaining(['event|0.config']),
    );
  });

  it('has no string without a limit, and none that is refused at its limit', () => {
    const wrong = strings.filter(({ schema, at }) => {
      // One of the table of error codes.
      if (at.endsWith('.blockers[].code')) return false;
      // A commit id has its limit in its pattern.
      const max = schema.maxLength ?? 64;
      const longest = makeLongest(schema, max);
      return longest === null || schema.safeParse(`${longest}${longest.slice(0, 1)}`).success;
    });
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });

  it('has no list without a limit', () => {
    const wrong = lists.filter(({ schema }) => {
      const checks = schema.def.checks ?? [];
      const max = checks.flatMap(({ _zod: { def } }) => ('maximum' in def ? [Number(def.maximum)] : [])).at(0);
      if (max === undefined) return true;
      const issues = (length: number) =>
        schema
          .safeParse(Array.from({ length }, () => null))
          .error?.issues.filter(({ code, path }) => code === 'too_big' && path.length === 0).length ?? 0;
      return issues(max) > 0 || issues(max + 1) === 0;
    });
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });

  it('has no number that is not finite', () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const wrong = numbers.filter(({ schema }) => odd.some((number) => schema.safeParse(number).success));
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });

  it('has no name with a control character', () => {
    const names = strings.filter(({ schema }) => schema.def.checks?.some(({ _zod: { def } }) => 'pattern' in def));
    expect(names.length).toBeGreaterThan(150);
    const wrong = names.filter(({ schema }) =>
      ['\0', '\n', '\u001b', '\u009b', '\u2028', '\u202e'].some(
        (character) => schema.safeParse(`victim${character}`).success,
      ),
    );
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });
});

describe('a value over its limit', () => {
  it('is refused with the name of its key', () => {
    const key = 'k'.repeat(43);
    const signature = 's'.repeat(86);
    const proof = { version: 2, token: 't', authority: 'a:1', key, signature };
    const frame = { type: 'enroll', ...proof, host: 'h'.repeat(254) };
    expect(agentFrameSchema.safeParse(frame).error?.issues).toMatchObject([
      { path: ['host'], message: expect.stringContaining('at most 253') },
    ]);
    const report = { message: 'm'.repeat(4001), code: 'io', hint: null };
    expect(errorBodySchema.safeParse(report).error?.issues).toMatchObject([{ path: ['message'] }]);
  });

  it.each([
    ['labels', Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`label-${at}`, 'x']))],
    ['memo', { type: 'memo', n: 1, at: '', key: 'k', value: 'x'.repeat(256 * 1024) }],
    ['memo', { type: 'memo', n: 1, at: '', key: 'k', value: [[[[[[[[[1]]]]]]]]] }],
  ])('is refused: %s', (_what, value) => {
    const { labels } = reportSchema.shape.tenants.element.shape;
    expect((_what === 'labels' ? labels : eventSchema).safeParse(value).success).toBe(false);
  });
});
