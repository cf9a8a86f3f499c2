// Every key of every configuration file gets every hostile value: it is refused with an error that names file and key, or
// it is a value like any other.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { currentUser } from '../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../agent/config/load.js';
import { agentFileSchema } from '../../../agent/config/agent_config.js';
import { tenantFileSchema } from '../../../agent/config/tenant_file/tenant_config.js';
import { controllerFileSchema, loadControllerConfig } from '../../../controller/program/controller_config.js';
import { AppError } from '../../../shared/errors.js';
import { findUnsafeText, hostileValues } from '../../helpers/hostile_values.js';
import { sample, sampleTitle } from '../../helpers/sample_seed.js';
import { makeHost, type Host } from '../agent/config/make_host.js';

let host: Host;
beforeAll(async () => {
  host = await makeHost();
});
afterAll(() => host.remove());

type Row = { key: string[]; what: string; value: unknown };

/** A row for each key and value; keys in keys, too. */
function rowsOf(schema: z.ZodObject): readonly Row[] {
  const rows = keysOf(schema).flatMap((key) => hostileValues.map(([what, value]) => ({ key, what, value })));
  return sample(rows, 60);
}

function keysOf(schema: z.ZodType): string[][] {
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => (isSchema(option) ? keysOf(option) : []));
  if (inner instanceof z.ZodRecord) return [['some name']];
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([key, value]) => [[key], ...keysOf(value).map((rest) => [key, ...rest])]);
}

const isSchema = (schema: unknown): schema is z.ZodType => schema instanceof z.ZodType;

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    const inner = schema.unwrap();
    return isSchema(inner) ? bare(inner) : schema;
  }
  return schema;
}

/** JSON is YAML, and writes control characters as escapes. */
function textOf(base: object, { key, value }: Row): string {
  const nested = key.toReversed().reduce<unknown>((inner, name) => ({ [name]: inner }), value);
  return JSON.stringify({ ...base, ...(typeof nested === 'object' ? nested : {}) });
}

/** What is wrong with how this row was refused. */
function complaintsOf(error: unknown, file: string, { key, what }: Row): string[] {
  const wrong =
    error instanceof AppError
      ? [
          ...(error.code === 'config' ? [] : [`the code is ${error.code}`]),
          ...(error.message.includes(file) ? [] : ['the message does not name the file']),
          ...findUnsafeText(`${error.message}\n${error.hint ?? ''}`),
        ]
      : [`it threw ${String(error)}`];
  return wrong.map((fault) => `${what} as ${key.join('.')}: ${fault}`);
}

/** What is wrong with any of the rows, each of which `load` tries. */
async function tryRows(rows: readonly Row[], file: string, load: (row: Row) => Promise<unknown[]>): Promise<string[]> {
  const complaints: string[] = [];
  for (const row of rows) {
    const errors = await load(row).catch((error: unknown) => [error]);
    complaints.push(...errors.flatMap((error) => complaintsOf(error, file, row)));
  }
  return complaints;
}

describe('a hostile value', () => {
  it(`as a key of a tenant file is refused by name, or taken (${sampleTitle})`, async () => {
    const base = z.record(z.string(), z.unknown()).parse(
      Object.fromEntries(
        host
          .tenantText()
          .trim()
          .split('\n')
          .map((line) => line.split(': ')),
      ),
    );
    const file = path.join(host.folder, 'tenants.d/a.yaml');
    const agent = await loadAgentConfig(host.agentFile);
    const complaints = await tryRows(rowsOf(tenantFileSchema), file, async (row) => {
      await writeFile(file, textOf(base, row), { mode: 0o600 });
      return (await loadTenants(agent, currentUser())).problems.map(({ error }) => error);
    });
    expect(complaints).toEqual([]);
    await writeFile(file, JSON.stringify(base), { mode: 0o600 });
    const { tenants } = await loadTenants(agent, currentUser());
    expect([...tenants.keys()]).toEqual(['testsite']);
  });

  it(`as a key of agent.yaml is refused by name, or taken (${sampleTitle})`, async () => {
    const file = path.join(host.folder, 'other.yaml');
    const complaints = await tryRows(rowsOf(agentFileSchema), file, async (row) => {
      await writeFile(file, textOf({}, row), { mode: 0o600 });
      await loadAgentConfig(file);
      return [];
    });
    expect(complaints).toEqual([]);
  });

  it(`as a key of controller.yaml is refused by name, or taken (${sampleTitle})`, async () => {
    const file = path.join(host.folder, 'controller.yaml');
    const complaints = await tryRows(rowsOf(controllerFileSchema), file, async (row) => {
      await writeFile(file, textOf({}, row), { mode: 0o600 });
      await loadControllerConfig(file);
      return [];
    });
    expect(complaints).toEqual([]);
  });
});
