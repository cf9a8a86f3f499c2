// The documents say what the product does: the table of steps is the pipeline's, and every key of the schemas is named.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tenantFileSchema } from '../agent/config/tenant_file/tenant_config.js';
import { agentLimits } from '../agent/limits.js';
import { pipeline } from '../agent/upgrade/pipeline.js';
import { controllerLimits } from '../controller/limits.js';
import { controllerFileSchema } from '../controller/program/controller_config.js';
import { sharedLimits, type Limit } from '../shared/limits.js';
import { webhookDataSchemas } from '../shared/model/webhook_events.js';
import { deliveryStates } from '../shared/wire/api.js';

const guides = path.join(import.meta.dirname, '../deploy/guides');
const read = (name: string) => readFileSync(path.join(guides, name), 'utf8');

describe('the guide for hook authors', () => {
  it('has the pipeline as its table of steps', () => {
    const rows = pipeline.map(
      ({ name, does, undone = '' }, index) => `| ${index + 1} | ${name} | ${does} | ${undone} |`,
    );
    const table = /<!-- steps -->\n([^]*?)\n<!-- \/steps -->/.exec(read('hooks.md'))?.[1]?.split('\n').slice(2);
    expect(table).toEqual(rows);
  });
});

describe('the guide to the tenant file', () => {
  it.each(Object.keys(tenantFileSchema.shape))('names the key %s', (key) => {
    expect(read('tenant-file.md')).toMatch(new RegExp(`\`${key}\``));
  });
});

describe('the guide for operators', () => {
  const table = /<!-- controller.yaml -->\n([^]*?)\n<!-- \/controller.yaml -->/.exec(read('operating.md'))?.[1] ?? '';
  it('has the keys of controller.yaml as its table', () => {
    expect([...table.matchAll(/^\| `([^`]+)`/gm)].map(([, key]) => key)).toEqual(namesOf(controllerFileSchema));
  });

  it('has the events of webhooks, with when they are sent', () => {
    const rows = Object.entries(webhookDataSchemas).map(
      ([kind, { description }]) => `| \`${kind}\` | ${description} |`,
    );
    const rowsOf = /^\| event \| when \|\n\| --- \| --- \|\n((?:\|.*\n)*)/m.exec(read('operating.md'))?.[1];
    expect(rowsOf?.trim().split('\n')).toEqual(rows);
  });

  it.each(deliveryStates)('says what %s means', (state) => {
    expect(read('operating.md')).toMatch(new RegExp(`^\\| \`${state}\` \\| \\S`, 'm'));
  });
});

describe('the guide’s table of limits', () => {
  it('has a row for every limit, with its number', () => {
    const rows = [sharedLimits, agentLimits, controllerLimits]
      .flatMap((side) => Object.values<Limit>(side))
      .map(showLimit);
    const table = /<!-- limits -->\n([^]*?)\n<!-- \/limits -->/.exec(read('operating.md'))?.[1]?.split('\n').slice(2);
    expect(table).toEqual(rows);
  });
});

describe('the page on security', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../SECURITY.md'), 'utf8');
  const named = [...page.matchAll(/`((?:e2e|integration|unit|architecture)\/[\w/]+)`/g)].flatMap(
    ([, name]) => name ?? [],
  );
  it.each(named)('names the test %s, which is there', (name) => {
    expect(existsSync(path.join(import.meta.dirname, `${name}.test.ts`))).toBe(true);
  });
});

function showLimit({ max, unit, of, beyond }: Limit): string {
  return `| ${of} | ${showAmount(max, unit)} | ${beyond} |`;
}

function showAmount(max: number, unit: Limit['unit']): string {
  if (unit === 'ms') return showIn(max, times);
  if (unit !== 'bytes') return `${max.toLocaleString('en')} ${unit}`;
  return showIn(max, sizes);
}

type Units = readonly (readonly [number, string])[];
const times: Units = [
  [86_400_000, 'days'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
];
const sizes: Units = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'bytes'],
];

/** In the largest unit that it is a whole number of. */
function showIn(amount: number, units: Units): string {
  const [size, name] = units.find(([unit]) => amount % unit === 0) ?? [1, ''];
  return `${amount / size} ${name}`;
}

/** `keep.streams` for a key within a key. */
function namesOf({ shape }: z.ZodObject): string[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const inner = schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
    return inner instanceof z.ZodObject ? namesOf(inner).map((name) => `${key}.${name}`) : [key];
  });
}
