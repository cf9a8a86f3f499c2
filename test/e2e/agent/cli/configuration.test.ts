// The commands about configuration: what is wrong with it, what it amounts to, and a first file for an installed app.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseOutput, useCliHosts, type CliHost } from './run_cli.js';

const nobody = 65534;
const hosts = useCliHosts([]);

const checked = z.object({
  ok: z.boolean(),
  files: z.array(
    z.object({ file: z.string(), tenant: z.string().nullable(), problems: z.array(z.object({ message: z.string() })) }),
  ),
});
const lineOf = (file: string, text: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => line.startsWith(text)) + 1;
const tenantsDir = (host: CliHost) => path.dirname(host.tenant.configFile);

/** A clone with a database, requirements and an environment. */
function installApp(host: CliHost, name: string): string {
  const folder = path.join(host.folder, name);
  execFileSync('git', [
    '-c',
    'advice.detachedHead=false',
    'clone',
    '--quiet',
    host.tenant.appDir,
    path.join(folder, 'app'),
  ]);
  mkdirSync(path.join(folder, 'data'));
  mkdirSync(path.join(folder, 'app/venv'));
  writeFileSync(path.join(folder, 'data/pocket.db'), 'rows');
  writeFileSync(path.join(folder, 'app/requirements.txt'), '');
  return path.join(folder, 'app');
}

describe('check', () => {
  test('finds nothing wrong with a right host, also online, and starts no agent', async () => {
    const host = await hosts.open();
    expect(await host.cli('check')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('1 tenant file: nothing is wrong'),
      stderr: '',
    });
  });

  test('tells the mistakes of all files at once, by file, line and key', async () => {
    const host = await hosts.open({ hasService: false });
    const file = host.tenant.configFile;
    appendFileSync(file, 'colour: red\nenvironment_file: /nowhere/env\n');
    const other = path.join(tenantsDir(host), 'other.yaml');
    writeFileSync(other, 'slug: other\nuser: "{usr}"\n');
    const { exitCode, stdout } = await host.cli('check', '--offline', '--json');
    expect(exitCode).toBe(2);
    const { ok, files } = parseOutput(checked, stdout);
    expect(ok).toBe(false);
    const messages = files.map(({ problems }) => problems.map(({ message }) => message).join('\n'));
    expect(files.map((each) => [each.file, each.tenant])).toEqual([
      [other, 'other'],
      [file, 'testsite'],
    ]);
    expect(messages[0]).toContain(`${other}:2: user: {usr} is not known`);
    expect(messages[0]).toContain(`${other}:1: app_dir: is missing`);
    expect(messages[1]).toContain(`${file}:${lineOf(file, 'colour')}: colour: unknown key`);
    expect(messages[1]).toContain(
      `${file}:${lineOf(file, 'environment_file')}: environment_file: /nowhere/env: does not exist`,
    );
    expect((await host.cli('check', '--offline')).stdout).toMatch(
      /other \(.*other\.yaml\)[^]*2 tenant files: 2 with mistakes/,
    );
  });

  test('checks a draft among the other files, and tells of it alone', async () => {
    const host = await hosts.open({ hasService: false });
    const draft = path.join(host.folder, 'draft.yaml');
    writeFileSync(draft, readFileSync(host.tenant.configFile, 'utf8').replace(/^slug: .*$/m, 'slug: draft'));
    const { exitCode, stdout } = await host.cli('check', draft, '--offline');
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(/app_dir: .* is the same as app_dir of testsite/),
    });
    expect(stdout).toContain('1 tenant file: 1 with mistakes');
  });

  test('tries the remote, unless it is to be offline', async () => {
    const host = await hosts.open({ hasService: false });
    const file = host.tenant.configFile;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^repo: .*$/m, 'repo: file:///nowhere/app.git'));
    expect(await host.cli('check')).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining('file:///nowhere/app.git cannot be fetched from'),
    });
    expect(await host.cli('check', '--offline')).toMatchObject({ exitCode: 0 });
  });
});

test('a state folder whose path is too long for a socket is refused by every command and by run, and nothing is made', async () => {
  const host = await hosts.open({ hasService: false });
  const deep = path.join(host.folder, 'host', ...Array<string>(12).fill('state-deep'));
  writeFileSync(host.configFile, `state_dir: ${deep}\nlog_dir: ${host.logFolder}\n`);
  const refused = {
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining(`${host.configFile}:1: state_dir: must be at most 96 bytes long`),
  };
  for (const words of [['plan', 'testsite'], ['status'], ['check', '--offline'], ['logs', 'testsite']]) {
    expect(await host.cli(...words)).toEqual(refused);
  }
  expect(await host.begin('run').done).toEqual(refused);
  expect(existsSync(path.join(host.folder, 'host/state-deep'))).toBe(false);
});

test('a file in a folder of the tenant is to be put elsewhere, and the folder stays the tenant’s', async () => {
  const host = await hosts.open({ hasService: false });
  const own = path.join(host.tenant.dataDir, 'own');
  mkdirSync(own);
  writeFileSync(path.join(own, 'env'), '');
  chownSync(own, nobody, nobody);
  appendFileSync(host.tenant.configFile, `environment_file: ${own}/env\n`);
  const { stdout } = await host.cli('check', '--offline');
  expect(stdout).toContain(`environment_file: ${own}: belongs to user id ${nobody}`);
  expect(stdout).toContain('put it into /etc/drover');
  expect(stdout).not.toMatch(/chown|chmod/);
});

test('config show gives each value as it counts, with its line, and hides secrets', async () => {
  const host = await hosts.open({ hasService: false });
  const file = host.tenant.configFile;
  appendFileSync(
    host.configFile,
    'tenant_defaults:\n  after_start_failure: restore\n  environment: { API_TOKEN: hunter22hunter22, DB: "x://me:geheim99@db/{slug}" }\n' +
      '  vars: { db_password: hunter22hunter }\n  modified_ok: ["p={db_password}", "y://me:geheim98@db"]\n',
  );
  appendFileSync(file, 'labels: { ring: canary, odd: "a\\e[2Jb" }\n');
  const { exitCode, stdout } = await host.cli('config', 'show', 'testsite', '--json');
  expect(exitCode).toBe(0);
  const shown = parseOutput(
    z.object({ keys: z.array(z.object({ key: z.string(), value: z.unknown(), origin: z.string().nullable() })) }),
    stdout,
  );
  const find = (key: string) => shown.keys.find((each) => each.key === key);
  expect(find('labels.ring')).toMatchObject({ value: 'canary', origin: `${file}:${lineOf(file, 'labels')}` });
  expect(find('after_start_failure')).toMatchObject({
    value: 'restore',
    origin: `${host.configFile}:${lineOf(host.configFile, '  after_start_failure')}`,
  });
  expect(find('time_limits.hook')).toMatchObject({ value: '30m', origin: null });
  expect(find('hooks.markers')).toEqual({ key: 'hooks.markers', value: ['.release-*-done'], origin: null });
  expect(find('environment.API_TOKEN')?.value).toBe('[masked]');
  expect(find('environment.DB')?.value).toBe('x://me:[masked]@db/testsite');
  expect(find('vars.db_password')?.value).toBe('[masked]');
  expect(find('modified_ok')?.value).toEqual(['p=[masked]', 'y://me:[masked]@db']);
  expect(stdout).not.toMatch(/hunter22|geheim9/);
  expect(await host.cli('config', 'show', 'testsite')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^labels\.odd +"a\\u001b\[2Jb" [^]*^on_failure +rollback +default$/m),
  });
  expect(await host.cli('config', 'show', 'nosuch')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('There are testsite.'),
  });
});

test('init writes a file that check passes, says what it could not find, and replaces none', async () => {
  const host = await hosts.open({ hasService: false });
  const app = installApp(host, 'other');
  const written = path.join(tenantsDir(host), 'other.yaml');
  const first = await host.cli('init', 'other', '--app-dir', app, '--user', 'root');
  expect(first).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^wrote .*other\.yaml\n {2}services: no unit[^]*health: cannot be found out/),
  });
  const text = readFileSync(written, 'utf8');
  expect(text).toMatch(/^# migrations: cannot be found out/m);
  for (const line of [
    `app_dir: ${app}`,
    `data_dir: ${path.join(app, '../data')}`,
    'user: root',
    'sqlite: pocket.db',
    'file: requirements.txt',
    'venv: venv',
  ]) {
    expect(text).toContain(line);
  }
  expect(statSync(written).mode & 0o777).toBe(0o644);
  expect(await host.cli('check', '--offline')).toMatchObject({ exitCode: 0 });
  expect(await host.cli('init', 'other', '--app-dir', app, '--user', 'root')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('is there already, and is not replaced'),
  });
  expect(readFileSync(written, 'utf8')).toBe(text);
  expect(await host.cli('init', 'third', '--app-dir', host.folder, '--user', 'root')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('there is no git work tree'),
  });
});

test('init writes names in braces so that they are meant, and no more databases than a tenant file may name', async () => {
  const host = await hosts.open({ hasService: false });
  const data = path.join(installApp(host, 'other'), '../data');
  for (const name of ['{port}.db', '{{slug}}.db']) writeFileSync(path.join(data, name), 'rows');
  const init = (slug: string) =>
    host.cli('init', slug, '--app-dir', path.join(host.folder, 'other/app'), '--user', 'root');
  expect(await init('braces')).toMatchObject({ exitCode: 0 });
  expect(await host.cli('check', '--offline')).toMatchObject({ exitCode: 0 });
  const shown = await host.cli('config', 'show', 'braces');
  expect(shown.stdout).toContain('["pocket.db","{port}.db","{{slug}}.db"]');
  rmSync(path.join(tenantsDir(host), 'braces.yaml'));
  for (let n = 0; n < 18; n += 1) writeFileSync(path.join(data, `more${n}.db`), 'rows');
  expect((await init('many')).stdout).toContain('database: no SQLite file was found, or too many');
  expect(await host.cli('check', '--offline')).toMatchObject({ exitCode: 0 });
  rmSync(path.join(tenantsDir(host), 'many.yaml'));
  rmSync(data, { recursive: true });
  expect((await init('none')).stdout).toContain('data_dir: there is no database to find it by');
});
