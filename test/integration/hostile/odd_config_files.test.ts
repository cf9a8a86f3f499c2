// Whatever lies at the path of a configured file: it is refused by its name, and nothing waits for it.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { currentUser } from '../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../agent/config/load.js';
import { loadControllerConfig } from '../../../controller/program/controller_config.js';
import { readCertificate } from '../../../controller/program/certificate.js';
import { AppError } from '../../../shared/errors.js';
import { makeAuthority, type IssuedFiles } from '../../helpers/certificates.js';
import { findUnsafeText } from '../../helpers/hostile_values.js';
import { makeHost, type Host } from '../agent/config/make_host.js';

/** Each makes something at the path `$1` that no file of the configuration may be. */
const kinds: Readonly<Record<string, string>> = {
  nothing: 'true',
  'a folder': 'mkdir "$1"',
  'a FIFO': 'mkfifo "$1"',
  'a link to a FIFO': 'mkfifo "$1.pipe"; ln -s "$1.pipe" "$1"',
  'a link to a device': 'ln -s /dev/zero "$1"',
  'a link to the memory of the process': 'ln -s /proc/self/environ "$1"',
  'a link to nowhere': 'ln -s /nonexistent/file "$1"',
  'a link to itself': 'ln -s "$1" "$1"',
  'a file of 2 MB': 'head -c 2000000 /dev/zero >"$1"',
  'a file that everybody can write': 'echo x >"$1"; chmod 0666 "$1"',
  'a file of a tenant': 'echo x >"$1"; chown nobody "$1"',
  'a file in a folder of a tenant': 'mkdir "$1.d"; echo x >"$1.d/file"; chown nobody "$1.d"; ln -s "$1.d/file" "$1"',
};

const odd = () => path.join(host.folder, 'odd');
let host: Host;
let pair: IssuedFiles;
beforeAll(async () => {
  host = await makeHost();
  pair = makeAuthority(host.folder).issue('server');
});
afterAll(() => host.remove());

/** What loading says of `keys` in a tenant file. */
async function loadTenant(keys: string): Promise<unknown> {
  await host.write('tenants.d/a.yaml', `${host.tenantText()}${keys}\n`);
  const { problems } = await loadTenants(await loadAgentConfig(host.agentFile), currentUser());
  return problems[0]?.error;
}

const loadAgent = async (keys: string) => loadAgentConfig(await host.write('other.yaml', keys));

const readPair = (files: { cert_file: string; key_file: string }) =>
  readCertificate(files, { now: new Date(), forFile: (_key, work) => work() });

/** By the key that names the file. */
const places: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  '--config of an agent': (file) => loadAgentConfig(file),
  '--config of a controller': (file) => loadControllerConfig(file),
  tenants_dir: async (file) =>
    loadTenants(await loadAgent(`tenants_dir: ${file}`), currentUser()).then(({ problems }) => problems[0]?.error),
  environment_file: (file) => loadTenant(`environment_file: ${file}`),
  'repo_auth.token_file': (file) => loadTenant(`repo_auth: { token_file: ${file} }`),
  'repo_auth.ssh_key': (file) => loadTenant(`repo_auth: { ssh_key: ${file}, known_hosts: ${host.agentFile} }`),
  'repo_auth.known_hosts': (file) => loadTenant(`repo_auth: { ssh_key: ${host.agentFile}, known_hosts: ${file} }`),
  'tls.cert_file': (file) => readPair({ cert_file: file, key_file: file }),
  'tls.key_file': (file) => readPair({ ...pair, key_file: file }),
  'controller.ca_file': (file) => loadAgent(`controller: { url: wss://d.example.com, ca_file: ${file} }`),
};

async function complaintsOf(load: () => Promise<unknown>): Promise<string[]> {
  const error = await load().catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) return [`it gave ${String(error)}`];
  return [
    ...(error.code === 'config' ? [] : [`the code is ${error.code}`]),
    ...(error.message.includes(odd()) ? [] : [`the message does not name the file: ${error.message}`]),
    ...(error.hint === undefined ? ['there is no hint'] : []),
    ...findUnsafeText(error.message),
  ];
}

it.each(Object.entries(places))('refuses every odd file that %s names', async (key, load) => {
  const complaints: string[] = [];
  for (const [kind, script] of Object.entries(kinds)) {
    // The folder of the tenants may be one.
    if (key === 'tenants_dir' && kind === 'a folder') continue;
    execFileSync('bash', ['-c', script, 'bash', odd()]);
    for (const complaint of await complaintsOf(() => load(odd()))) complaints.push(`${kind}: ${complaint}`);
    for (const name of ['', '.pipe', '.d']) rmSync(odd() + name, { recursive: true, force: true });
  }
  expect(complaints).toEqual([]);
});

it('takes each of them when it is as it should be', async () => {
  const good = await host.write('good', 'abc');
  writeFileSync(good, 'TOKEN=abcdefgh\n');
  expect(await loadTenant(`environment_file: ${good}`)).toBeUndefined();
  expect(await readPair(pair)).toMatchObject({ names: 'IP Address:127.0.0.1' });
  expect(await loadTenant(`repo_auth: { token_file: ${good} }`)).toBeUndefined();
  await expect(loadAgent(`controller: { url: wss://d.example.com, ca_file: ${good} }`)).resolves.toBeDefined();
});
