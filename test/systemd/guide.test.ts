// The guide for operators, word for word: agent and controller are installed on a fresh machine, with a first tenant and a
// first upgrade, by the commands that the guide shows.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootMachine, type Machine } from '../helpers/machine/machine.js';

const repository = path.join(import.meta.dirname, '../..');
const guide = readFileSync(path.join(repository, 'deploy/guides/operating.md'), 'utf8');
/** npm finds what it installs in this machine's cache: the tests were installed from there. */
const cache = process.env['npm_config_cache'] ?? path.join(homedir(), '.npm');
const npm = [`npm_config_cache=${cache}`, 'npm_config_offline=true', 'npm_config_audit=false', 'npm_config_fund=false'];
const environment = ['HOME=/root', ...npm];

/** The folder of Drover, as another machine built it. */
const copy = `
set -e
rm -rf /opt/drover
mkdir /opt/drover
tar -C "$1" --exclude=node_modules --exclude=./.git -c . | tar -xC /opt/drover
`;

/** What the guide takes for granted: Drover in its folder, an app with two releases, and its account and service. */
const preparation = `
${copy}
useradd --create-home testsite
git init --quiet --initial-branch=main /srv/git/app
cd /srv/git/app
git config user.name app && git config user.email app@example.com
cat >server.py <<'END'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 404)
        self.end_headers()
http.server.HTTPServer(('127.0.0.1', 8000), Handler).serve_forever()
END
git add . && git commit --quiet --message=first && git tag v0.1.0
mkdir scripts release
cat >scripts/add_notes.py <<'END'
import os, sqlite3
sqlite3.connect(os.environ['DATA_DIR'] + '/app.db').execute('CREATE TABLE notes (text)')
END
echo 'echo "$DEPLOY_TAG for $USER"' >release/v0.2.0.post-migrate.sh
git add . && git commit --quiet --message=second && git tag v0.2.0
git clone --quiet --bare . /srv/git/app.git
git -c advice.detachedHead=false clone --quiet --branch=v0.1.0 file:///srv/git/app.git /home/testsite/app
mkdir /home/testsite/data
sqlite3 /home/testsite/data/app.db 'CREATE TABLE users (name)'
chown -R testsite: /home/testsite
cat >/etc/systemd/system/testsite-web.service <<'END'
[Service]
User=testsite
WorkingDirectory=/home/testsite/app
ExecStart=python3 server.py
END
systemctl start testsite-web
`;

let machine: Machine;
beforeAll(async () => {
  machine = await bootMachine();
  await machine.run(['env', ...environment, 'sh', '-c', preparation, 'sh', repository]);
});
afterAll(() => machine.stop());

/** The blocks of commands of a part of the guide, in order. */
function blocksOf(part: string): string[] {
  const [, text = ''] = new RegExp(`<!-- commands: ${part} -->\n([^]*?)<!-- /commands: ${part} -->`).exec(guide) ?? [];
  return [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
}

/** Runs a block as a person would paste it, and gives all that it printed. A plan ends with 10 where there is something to do. */
async function runBlock(block: string): Promise<string> {
  const script = 'bash -e -c "$1" 2>&1 || { code=$?; test $code = 10 || exit $code; }';
  return machine.run(['env', ...environment, 'sh', '-c', script, 'sh', block]);
}

async function runBlocks(part: string): Promise<string[]> {
  const said: string[] = [];
  for (const block of blocksOf(part)) said.push(await runBlock(block));
  return said;
}

const queryTables = ['sqlite3', '/home/testsite/data/app.db', '.tables'] as const;

test('a host gets its agent, a first tenant and a first upgrade', async () => {
  const [, , check, adopt, plan, upgrade, look, ...more] = await runBlocks('agent');
  expect(more).toEqual([]);
  expect(check).toContain('nothing is wrong');
  expect(adopt).toContain('v0.1.0');
  expect(plan).toContain('v0.1.0 → v0.2.0');
  expect(upgrade).toContain('v0.2.0 for testsite');
  expect((await machine.run(queryTables)).split(/\s+/)).toEqual(['notes', 'users']);
  // Told within moments of the end: the command may be ahead.
  expect(look).toMatch(/Active: active \(running\)[^]*Status: "(no upgrade runs; 1 tenant|testsite: v0\.1\.0 -> )/);
  expect(look).toContain('"msg":"the agent is ready"');
  expect(look).toMatch(/drover-agent\.service +loaded active running/);
  expect(look).toMatch(/testsite +v0\.2\.0/);
  expect(look).toContain('== success');
  expect(await machine.run(['systemctl', 'is-enabled', 'drover-agent'])).toBe('enabled');
});

test('a new version in its folder is installed by the same commands', async () => {
  await machine.run(['sh', '-c', copy, 'sh', repository]);
  const [npmInstall = '', files = ''] = blocksOf('agent');
  await runBlock(npmInstall);
  await runBlock(files.replace(/^echo .*agent\.yaml\n/m, ''));
  expect(await runBlock('systemctl restart drover-agent\ndrover-agent status')).toContain('an agent runs');
});

test('a controller serves, and its first token is good', async () => {
  const [, , look, ...more] = await runBlocks('controller');
  expect(more).toEqual([]);
  expect(look).toMatch(/Active: active \(running\)[^]*Status: "listens at http:\/\/127\.0\.0\.1:7400"/);
  expect(look).toContain('the controller is ready');
  expect(await machine.run(['systemctl', 'show', '--property=User', '--value', 'drover-controller'])).toBe('drover');
  expect(await machine.run(['systemctl', 'is-enabled', 'drover-controller'])).toBe('enabled');
});

test('a host joins the controller while both run as services', async () => {
  const token = 'drover join-tokens create --host "$(hostname)" | head -1 >token';
  const enroll = 'drover-agent enroll ws://127.0.0.1:7400 --token-stdin <token';
  const untilReported = 'until drover tenants | grep -q testsite; do sleep 0.2; done; drover hosts; drover tenants';
  const said = await runBlock([token, enroll, untilReported].join('\n'));
  expect(said).toContain('connected since');
  expect(said).toMatch(/testsite +.*v0\.2\.0/);
});

test('a controller listens on a port below 1024 with the lines that the guide has for that', async () => {
  const [, lines = ''] = /# systemctl edit drover-controller\n([^]*?)```/.exec(guide) ?? [];
  await machine.run(['mkdir', '/etc/systemd/system/drover-controller.service.d']);
  await machine.write('/etc/systemd/system/drover-controller.service.d/override.conf', lines);
  await machine.write('/etc/drover/controller.yaml', 'listen: 127.0.0.1:443\n');
  await machine.run(['sh', '-c', 'systemctl daemon-reload && systemctl restart drover-controller']);
  const status = await machine.run(['systemctl', 'show', '--property=StatusText', '--value', 'drover-controller']);
  expect(status).toBe('listens at http://127.0.0.1:443');
});

test('a controller that does not start says why, and is tried again until its configuration is mended', async () => {
  const file = '/etc/drover/controller.yaml';
  const good = await machine.run(['cat', file]);
  await machine.write(file, 'listne: 127.0.0.1:443\n');
  await expect(machine.run(['systemctl', 'restart', 'drover-controller'])).rejects.toThrow('Job for drover-controller');
  const reason = `it does not start: ${file}:1: listne: unknown key`;
  const see = 'until systemctl status drover-controller | grep -qF "$1"; do sleep 0.1; done';
  await machine.run(['sh', '-c', see, 'sh', reason]);
  await machine.write(file, `${good}\n`);
  await machine.run(['sh', '-c', see, 'sh', 'listens at http://127.0.0.1:443']);
});

test('systemd has nothing to complain of in what was installed', async () => {
  const files = '/etc/systemd/system/drover-*.service';
  expect(await machine.run(['sh', '-c', `systemd-analyze verify ${files} 2>&1`])).toBe('');
});

test('Drover goes from a host, and the tenant stays up', async () => {
  await runBlocks('uninstall');
  const left =
    'ls -d /opt/drover /usr/*/bin/drover* /usr/bin/drover* /etc/systemd/system/*/50-drover-guard.conf || true';
  expect(await machine.run(['sh', '-c', `{ ${left}; } 2>/dev/null`])).toBe('');
  const show = ['systemctl', 'show', '--property=ActiveState,DropInPaths', 'testsite-web'] as const;
  expect(await machine.run(show)).toBe('ActiveState=active\nDropInPaths=');
});
