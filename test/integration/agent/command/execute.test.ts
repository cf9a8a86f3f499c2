import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { explainExit } from '../../../../shared/os/exit_status.js';
import { currentUser, findUser } from '../../../../agent/command/user.js';
import { findProcesses } from '../../../helpers/agent/host_processes.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { makeLab, type Lab } from './lab.js';

const users = [
  { who: 'the agent itself', user: currentUser() },
  { who: 'another user', user: nobody },
];

describe.each(users)('a command of $who', ({ user }) => {
  let lab: Lab;
  beforeEach(() => {
    lab = makeLab(user);
  });
  afterEach(() => lab.remove());

  test('runs as its user, in its folder', async () => {
    expect(await lab.execute('id -u; id -g; pwd; touch made')).toMatchObject({
      code: 0,
      signal: null,
      cause: 'exited',
    });
    expect(lab.output()).toBe(`${user.uid}\n${user.gid}\n${lab.cwd}\n`);
    expect(statSync(lab.place('made'))).toMatchObject({ uid: user.uid, gid: user.gid });
  });

  test.each([
    ['exit 0', 'exit 0'],
    ['exit 1', 'exit 1'],
    ['exit 3', 'exit 3'],
    ['exit 255', 'exit 255'],
    ['kill -SEGV $$', 'ended by SIGSEGV'],
    ['kill -KILL $$', 'ended by SIGKILL'],
    ['kill -TERM $$', 'ended by SIGTERM'],
  ])('that does `%s` has that in words: %s', async (script, words) => {
    const outcome = await lab.execute(script);
    expect(outcome.cause).toBe('exited');
    expect(explainExit(outcome)).toBe(words);
  });

  test('that is not there, or cannot be executed, says so', async () => {
    const missing = await lab.execute(['./missing']);
    expect(explainExit(missing)).toBe('exit 127: a command was not found');
    expect(lab.output()).toContain('./missing');
    await lab.remove();

    lab = makeLab(user);
    writeFileSync(lab.place('plain'), 'no program');
    const plain = await lab.execute(['./plain']);
    expect(explainExit(plain)).toBe('exit 126: found, but it could not be executed');
  });

  test('has failed when what it wrote cannot be brought to the disk, and says where', async () => {
    const durable = { user, folders: [lab.cwd, lab.place('missing')] };
    expect(await lab.execute('echo done', { durable })).toMatchObject({ code: 1, cause: 'exited' });
    expect(lab.output()).toMatch(/^done\nsync: [^\n]*missing[^\n]*\n$/);
  });

  test('durable its own exit code, whether or not what it wrote reaches the disk', async () => {
    expect(await lab.execute('exit 3', { durable: { user, folders: [lab.place('missing')] } })).toMatchObject({
      code: 3,
    });
  });

  test('whose interpreter is missing fails', async () => {
    writeFileSync(lab.place('script'), '#!/no/such/interpreter\n');
    chmodSync(lab.place('script'), 0o755);
    expect(await lab.execute(['./script'])).toMatchObject({ code: 127, cause: 'exited' });
  });

  test('that asks gets the end of the file', async () => {
    expect(await lab.execute('read answer; echo "$? <$answer>"')).toMatchObject({ code: 0 });
    expect(lab.output()).toBe('1 <>\n');
  });

  test('reads a file of the agent where it is given one', async () => {
    const stdin = path.join(lab.folder, 'input');
    writeFileSync(stdin, 'from the agent', { mode: 0o600 });
    await lab.execute(['cat'], { stdin });
    expect(lab.output()).toBe('from the agent');
  });

  test('leaves stdout and stderr in the order written', async () => {
    const lines = Array.from({ length: 200 }, (_, n) => n);
    await lab.execute(`for n in ${lines.join(' ')}; do echo "out $n"; echo "err $n" >&2; done`);
    expect(lab.output()).toBe(lines.map((n) => `out ${n}\nerr ${n}\n`).join(''));
  });

  test('inherits nothing of the environment but has a PATH', async () => {
    process.env['DROVER_TEST_INHERITED'] = 'yes';
    try {
      await lab.execute(['cat', '/proc/self/environ'], { env: { ONLY: 'this' } });
    } finally {
      delete process.env['DROVER_TEST_INHERITED'];
    }
    expect(lab.output().split('\0').toSorted()).toEqual([
      '',
      expect.stringMatching(new RegExp(`^DROVER_COMMAND=${path.basename(lab.folder)}/[0-9a-f]{32}$`)),
      'ONLY=this',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  test('has no file open but its three', async () => {
    const own = openSync(path.join(lab.folder, 'of-the-agent'), 'w');
    try {
      await lab.execute(['ls', '-l', '/proc/self/fd']);
    } finally {
      closeSync(own);
    }
    const files = [...lab.output().matchAll(/(\d+) -> (.*)$/gm)].map(([, number, file]) => `${number} ${file}`);
    // The last one is the folder that ls reads.
    expect(files).toEqual([
      '0 /dev/null',
      expect.stringMatching(/^1 pipe:/),
      expect.stringMatching(/^2 pipe:/),
      expect.stringMatching(/^3 \/proc\/\d+\/fd$/),
    ]);
  });

  test('finds the environment as it is written, with nothing of the shells in between', async () => {
    const env = {
      QUOTES: `it's "so" \\'`,
      LINES: 'one\ntwo\n\n',
      EXPANSION: '$(touch expanded) `touch expanded` $HOME ${PATH} \\n',
      EMPTY: '',
      UNICODE: 'ä € 😀',
      LONG: 'x'.repeat(100_000),
    };
    await lab.execute(['cat', '/proc/self/environ'], { env });
    const found = Object.fromEntries(
      lab
        .output()
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => {
          const at = entry.indexOf('=');
          return [entry.slice(0, at), entry.slice(at + 1)];
        }),
    );
    expect(found).toEqual({
      ...env,
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      DROVER_COMMAND: expect.stringMatching(new RegExp(`^${path.basename(lab.folder)}/[0-9a-f]{32}$`)),
    });
    expect(readdirSync(lab.cwd)).toEqual([]);
  });

  test('shows no value of its environment in the list of processes', async () => {
    const env = { PATH: '/usr/bin:/bin', SECRET: 'a-value-for-nobody-else' };
    const running = lab.execute('touch begun; while [ ! -e go ]; do sleep 0.01; done', { env });
    await vi.waitFor(() => statSync(lab.place('begun')));
    const commands = findProcesses(lab.folder).map(({ command }) => command);
    writeFileSync(lab.place('go'), '');
    await running;
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.join('\n')).not.toContain('a-value-for-nobody-else');
  });

  test('writes with the usual umask, whatever the agent has', async () => {
    const before = process.umask(0o077);
    try {
      await lab.execute('touch made');
    } finally {
      process.umask(before);
    }
    expect(statSync(lab.place('made')).mode & 0o777).toBe(0o644);
  });

  test('prints bytes that are kept as they are', async () => {
    await lab.execute("printf '\\000\\377\\376\\033[2J\\200'");
    expect(readFileSync(path.join(lab.run, 'output'))).toEqual(Buffer.from([0, 255, 254, 27, 91, 50, 74, 128]));
  });

  test('ran once, however often its end is asked for', async () => {
    const outcome = await lab.execute('echo run >>runs; exit 3');
    expect(await lab.execute('echo again >>runs')).toEqual(outcome);
    expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
  });

  test('runs once when two begin it at the same time', async () => {
    const script = 'echo run >>runs; sleep 0.05; exit 3';
    const outcomes = await Promise.all([lab.execute(script), lab.execute(script), lab.execute(script)]);
    expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ code: 3, cause: 'exited' })));
    expect(readFileSync(lab.place('runs'), 'utf8')).toBe('run\n');
  });
});

describe('a command of another user', () => {
  let lab: Lab;
  afterEach(() => lab.remove());

  test('enters its folder with the rights of that user', async () => {
    lab = makeLab(nobody);
    const closed = path.join(lab.folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    expect(await lab.execute('touch made', { cwd: closed })).toMatchObject({ code: 126 });
    expect(readdirSync(closed)).toEqual([]);
  });

  test('cannot reach its run folder', async () => {
    lab = makeLab(nobody);
    expect(await lab.execute(`ls '${lab.run}' 2>/dev/null || echo closed`)).toMatchObject({ code: 0 });
    expect(lab.output()).toBe('closed\n');
  });

  test('has the groups of that user, and none of the agent', async () => {
    // An account that every Debian has, in a group of its own and in no other; root is in none that it shares.
    const user = await findUser('daemon');
    lab = makeLab(user);
    await lab.execute('id -G');
    expect(lab.output()).toBe(execFileSync('id', ['-G', 'daemon'], { encoding: 'utf8' }));
  });

  test('starts as root with nothing that the tenant set: no PATH, no LD_PRELOAD', async () => {
    lab = makeLab(nobody);
    writeFileSync(lab.place('setpriv'), `#!/bin/sh\nid -u >'${lab.folder}/taken'\n`, { mode: 0o755 });
    const env = { PATH: `${lab.cwd}:/usr/bin:/bin`, LD_PRELOAD: '/no/such/library.so' };
    await lab.execute('id -u', { env });
    expect(readdirSync(lab.folder).toSorted()).toEqual(['cwd', 'run']);
    expect(
      lab
        .output()
        .split('\n')
        .filter((line) => /^\d+$/.test(line)),
    ).toEqual([String(nobody.uid)]);
  });
});

test('what a command wrote is synced by the user who is named for it, not by the one who ran it', async () => {
  const lab = makeLab(currentUser());
  chmodSync(lab.cwd, 0o700);
  const durable = { user: nobody, folders: [lab.cwd] };
  expect(await lab.execute('id -u', { durable })).toMatchObject({ code: 1, cause: 'exited' });
  expect(lab.output()).toMatch(/^0\nsync: [^\n]*Permission denied\n$/);
  await lab.remove();
});
