// Hooks of another user that reach for more than a hook has, and leave behind what writes on or copies a cookie.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { addReleaseOn, makeAgentHost, makeTemplate, type AgentHost } from '../../helpers/agent/agent_host.js';
import { hideEnd } from '../../helpers/agent/hide_end.js';
import { nobody } from '../../helpers/agent/run_commands.js';
import { seeChange } from '../../helpers/see_change.js';

/** Its standard streams apart it sees the folder that `ls` reads, as 3. */
const look = `
ls /proc/self/fd >"$DATA_DIR/descriptors"
grep -E '^(CapInh|CapEff|CapBnd|NoNewPrivs)' /proc/self/status >"$DATA_DIR/rights"
`;
/** A process that no search finds: without the cookie, in a session of its own, a child of init. */
const escape = `
(env -i PATH="$PATH" DATA_DIR="$DATA_DIR" setsid bash -c '
  echo $$ >"$DATA_DIR/escaped"; while :; do head -c 65536 /dev/zero && echo >>"$DATA_DIR/rounds"; sleep 0.01; done' &)
while [ ! -s "$DATA_DIR/escaped" ]; do sleep 0.01; done
echo the last line
`;
const tell = `
echo "$DROVER_COMMAND" >"$DATA_DIR/cookie.new"; mv "$DATA_DIR/cookie.new" "$DATA_DIR/cookie"
while [ ! -e "$DATA_DIR/go" ]; do sleep 0.01; done
`;
/** Each takes the place of the one before, in a session of its own. */
const respawn = `
cat >"$DATA_DIR/again" <<'END'
#!/bin/bash
sleep 0.02
setsid "$0" &
END
chmod +x "$DATA_DIR/again"
setsid "$DATA_DIR/again" &
sleep 0.1
`;
const hide = `${hideEnd('$DATA_DIR/tracer')}\necho the last line`;
const releases = Object.entries({ look, escape, tell, respawn, hide, many: 'true' });
const versionOf = (name: string) => `v0.2.${releases.findIndex(([known]) => known === name) + 1}`;

let template: Awaited<ReturnType<typeof makeTemplate>>;
let host: AgentHost;

beforeAll(async () => {
  template = await makeTemplate({ user: 'nobody' });
  let base = 'v0.2.0';
  for (const [name, script] of releases) {
    const tag = versionOf(name);
    const file = `release/${tag}.sh`;
    await addReleaseOn(template.repository, { tag, base }, { [file]: `#!/bin/bash\n${script}` });
    base = tag;
  }
  host = await makeAgentHost(template, { hasService: false });
  await host.start({ inherited: [7, 60] });
});
afterAll(async () => {
  const left = await host.close();
  await template.remove();
  if (left.length > 0) throw new Error(`left running: ${left.map(({ command }) => command).join('\n')}`);
});

const place = (name: string) => path.join(host.tenant.dataDir, name);
const read = (name: string) => readFileSync(place(name), 'utf8');

function outputOf(id: string, version: string): string {
  const commands = path.join(host.stateFolder, 'upgrades', id, 'commands');
  const name = readdirSync(commands).find((key) => key.includes(`${version}.sh`)) ?? '';
  return path.join(commands, name, 'output');
}

test('a hook has three descriptors, whatever the agent inherited, and can gain no rights', async () => {
  const { result } = await host.upgrade({ version: versionOf('look') });
  expect(result).toMatchObject({ status: 'success', failure: null });
  expect(read('descriptors').trim().split('\n')).toEqual(['0', '1', '2', '3']);
  const rights = read('rights').trim().split('\n');
  expect(rights.map((line) => line.split(':\t'))).toEqual([
    ['CapInh', '0000000000000000'],
    ['CapEff', '0000000000000000'],
    ['CapBnd', '0000000000000000'],
    ['NoNewPrivs', '1'],
  ]);
});

test('what a hook leaves behind can write on, and no file grows', async () => {
  const version = versionOf('escape');
  const { result, id, outputs } = await host.upgrade({ version });
  onTestFinished(() => void process.kill(Number(read('escaped')), 'SIGKILL'));
  expect(result).toMatchObject({ status: 'success', failure: null });
  expect([...outputs.values()].join('')).toContain('the last line\n');
  const size = () => statSync(outputOf(id, version)).size;
  const [before, rounds] = [size(), () => read('rounds').length];
  const sofar = rounds();
  await vi.waitFor(() => expect(rounds()).toBeGreaterThan(sofar + 5), { timeout: 10_000 });
  expect(size()).toBe(before);
});

test('a copied cookie ends processes of its own user, none of another, and holds up nothing', async () => {
  const client = await host.connect();
  const id = await client.ask({ version: versionOf('tell') });
  await seeChange(host.tenant.dataDir, () => existsSync(place('cookie')));
  const cookie = read('cookie').trim();
  expect(cookie).toMatch(/[0-9a-f]{32}$/);
  const [own, foreign] = [await carryCookie(cookie, nobody.uid), await carryCookie(cookie, 1)];
  writeFileSync(place('go'), '');
  const stream = await client.follow(id);
  expect(stream.result).toMatchObject({
    status: 'success',
    warnings: [expect.stringContaining('the services are not running')],
  });
  expect(JSON.stringify([stream.events, [...stream.outputs]])).not.toContain(cookie.slice(-32));
  expect(own.signalCode).not.toBeNull();
  expect(foreign.signalCode).toBeNull();
  foreign.kill('SIGINT');
  await once(foreign, 'exit');
  expect(foreign.signalCode).toBe('SIGINT');
});

test('processes that start each other anew hold up no upgrade', async () => {
  onTestFinished(() => writeFileSync(place('again'), '#!/bin/sh\n'));
  const { result } = await host.upgrade({ version: versionOf('respawn') });
  expect(result).toMatchObject({ status: 'success', failure: null });
});

test('a hook whose end is hidden by a tracer of its user has ended', async () => {
  onTestFinished(() => void process.kill(Number(read('tracer')), 'SIGKILL'));
  const { result, outputs } = await host.upgrade({ version: versionOf('hide') });
  expect(result).toMatchObject({ status: 'success', failure: null });
  expect([...outputs.values()].join('')).toContain('the last line\n');
});

test('processes with very many open files hold up no look for who has a database open', async () => {
  await Promise.all(Array.from({ length: 6 }, () => openMany(15_000)));
  // The agent's event loop is watched in every test.
  const { result } = await host.upgrade({ version: versionOf('many') });
  expect(result).toMatchObject({ status: 'success', failure: null });
});

test('a tenant whose file keeps privileges has hooks that can gain rights', async () => {
  const keeping = await makeAgentHost(template, { hasService: false, makeKeys: () => ({ privileges: 'keep' }) });
  onTestFinished(async () => expect(await keeping.close()).toEqual([]));
  await keeping.start();
  const { result } = await keeping.upgrade({ version: versionOf('look') });
  expect(result).toMatchObject({ status: 'success', failure: null });
  const rights = readFileSync(path.join(keeping.tenant.dataDir, 'rights'), 'utf8');
  expect(rights).toMatch(/^NoNewPrivs:\t0$/m);
  expect(rights).not.toMatch(/^CapBnd:\t0+$/m);
});

async function openMany(count: number): Promise<void> {
  const program = `for (1..${count}) { open my $file, '<', '/dev/null' or die $!; push @files, $file } $| = 1; print '.'; sleep 600`;
  const argv = [
    `--reuid=${nobody.uid}`,
    `--regid=${nobody.gid}`,
    '--clear-groups',
    'prlimit',
    `--nofile=${count + 50}`,
  ];
  const child = spawn('setpriv', [...argv, 'perl', '-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
}

async function carryCookie(cookie: string, uid: number): Promise<ChildProcess> {
  const argv = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sleep', '60'];
  const carrier = spawn('setpriv', argv, { env: { DROVER_COMMAND: cookie }, detached: true, stdio: 'ignore' });
  onTestFinished(() => void carrier.kill('SIGKILL'));
  await vi.waitFor(() => expect(readFileSync(`/proc/${carrier.pid}/cmdline`, 'utf8')).toMatch(/^sleep/));
  return carrier;
}
