// A client that is generated from the API's description, as others would make one: it compiles, and a controller answers it.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@hey-api/openapi-ts';
import { afterAll, expect, test } from 'vitest';
import { connectPeer } from '../../helpers/controller/protocol_peer.js';
import { useController } from '../../helpers/controller/use_controller.js';

const run = promisify(execFile);
const modules = path.join(import.meta.dirname, '../../../node_modules');
const folder = mkdtempSync(path.join(tmpdir(), 'drover-client-'));
const running = useController();
afterAll(() => rmSync(folder, { recursive: true }));

/** What somebody writes with the client. Each word that is expected to be wrong must be one that the types refuse. */
const program = `
import { client } from './client/client.gen.js';
import { getApiV1Audit, getApiV1Tenants, postApiV1Tokens, postApiV1TokensByNameRevoke } from './client/index.js';

const { DROVER_URL: baseUrl = '', DROVER_TOKEN: token = '' } = process.env;
client.setConfig({ baseUrl, auth: token });

const tenants = await getApiV1Tenants({ query: { limit: 5 }, throwOnError: true });
const slugs: string[] = tenants.data.items.map(({ slug }) => slug);

const body = { name: 'anna', role: 'viewer', reason: 'she is new' } as const;
const made = await postApiV1Tokens({ body, throwOnError: true });
const role: 'viewer' | 'operator' | 'admin' = made.data.role;

const audit = await getApiV1Audit({ query: { action: 'tokens.create' }, throwOnError: true });
const changes = audit.data.items.map(({ action, target, by, reason }) => ({ action, target, by, reason }));

const asAnna = await getApiV1Tenants({ auth: made.data.token, throwOnError: true });
const refused = await postApiV1TokensByNameRevoke({ auth: made.data.token, path: { name: 'anna' }, body: {} });
const problem = refused.error === undefined ? null : { code: refused.error.code, status: refused.error.status };

// @ts-expect-error -- no role
export const wrongRole: Parameters<typeof postApiV1Tokens>[0]['body'] = { name: 'anna', role: 'king' };
// @ts-expect-error -- no field of a tenant
export const wrongField: unknown = tenants.data.items[0]?.colour;

const seenByAnna = asAnna.data.items.length;
process.stdout.write(JSON.stringify({ slugs, role, token: made.data.token, changes, seenByAnna, problem }));
`;

/** As the strict project of somebody else is set up. */
const settings = {
  compilerOptions: {
    target: 'ES2023',
    module: 'NodeNext',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    typeRoots: [path.join(modules, '@types')],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    outDir: 'dist',
    rootDir: '.',
  },
};

async function listTenants(): Promise<string> {
  const headers = { authorization: `Bearer ${running.place.readToken()}` };
  return (await fetch(`${running.place.url}/api/v1/tenants`, { headers })).text();
}

test('a client that is generated from /openapi.json compiles, lists tenants, makes a token and reads the audit log', async () => {
  const joining = { url: running.place.agentUrl, joinToken: running.place.readJoinToken() };
  const host = await connectPeer({ ...joining, host: 'web-1', tenants: ['testsite'] });
  const description: unknown = await (await fetch(`${running.place.url}/openapi.json`)).json();
  const files = { 'openapi.json': description, 'tsconfig.json': settings, 'package.json': { type: 'module' } };
  for (const [name, value] of Object.entries(files)) writeFileSync(path.join(folder, name), JSON.stringify(value));
  writeFileSync(path.join(folder, 'main.ts'), program);
  await createClient({
    input: path.join(folder, 'openapi.json'),
    output: { path: path.join(folder, 'client'), importFileExtension: '.js' },
    plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
    logs: { level: 'silent', file: false },
  });
  const tsc = path.join(modules, 'typescript/bin/tsc');
  // It says what is wrong on its standard output.
  const faults = await run(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)),
  );
  expect(faults).toBe('');
  await expect.poll(listTenants).toContain('"testsite"');
  const { stdout } = await run(process.execPath, [path.join(folder, 'dist/main.js')], {
    env: { DROVER_URL: running.place.url, DROVER_TOKEN: running.place.readToken() },
  });
  await host.vanish();
  expect(JSON.parse(stdout)).toEqual({
    slugs: ['testsite'],
    role: 'viewer',
    token: expect.stringMatching(/^drover_/),
    changes: [
      { action: 'tokens.create', target: 'anna', by: 'tester', reason: 'she is new' },
      { action: 'tokens.create', target: 'tester', by: expect.any(String), reason: null },
    ],
    seenByAnna: 1,
    problem: { code: 'forbidden', status: 403 },
  });
});
