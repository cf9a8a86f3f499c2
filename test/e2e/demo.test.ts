// The demo, as a reader runs it, with a controller and without: left to be played with, interrupted, by an ordinary user, and
// when it fails.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { findUser } from '../../agent/command/user.js';
import { findProcesses } from '../helpers/agent/host_processes.js';

const root = path.join(import.meta.dirname, '../..');

/** The whole demo is three minutes long on a machine that is busy with other tests. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });

const demos: Demo[] = [];
let temp: string;
beforeEach(() => {
  temp = mkdtempSync(path.join(os.tmpdir(), 'drover-demo-test-'));
  chmodSync(temp, 0o755);
});
afterEach(async () => {
  for (const demo of demos.splice(0)) {
    // One that a failed test has left in the middle cleans up after itself.
    demo.interrupt();
    await demo.ended;
  }
  rmSync(temp, { recursive: true });
});

interface Demo {
  /** All that it has printed so far. */
  text(): string;
  /** Returns once it has printed this, or has ended. */
  prints(words: string): Promise<void>;
  /** The end of the process: its exit code. */
  ended: Promise<number | null>;
  interrupt(): void;
}

/** Starts the demo of the package in `folder`; whatever it makes lies below `temp`. */
function startDemo(words: string[], options: { folder?: string; user?: { uid: number; gid: number } } = {}): Demo {
  const { folder = root, user } = options;
  const main = path.join(folder, 'dist/deploy/demo/main.js');
  const child = spawn(process.execPath, [main, ...words], {
    cwd: '/',
    env: { PATH: process.env['PATH'], TMPDIR: temp },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more));
  const closed = once(child, 'close');
  const demo: Demo = {
    text: () => text,
    async prints(words) {
      while (!text.includes(words)) {
        const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), closed.then(() => true)]);
        if (isOver) return;
      }
    },
    ended: closed.then(() => child.exitCode),
    interrupt: () => child.kill('SIGINT'),
  };
  demos.push(demo);
  return demo;
}

/** What the demo has left behind: names in its temporary folder, and processes that know of it. */
function findLeftovers(): { names: string[]; processes: string[] } {
  const processes = findProcesses(temp).map(({ command }) => command);
  return { names: readdirSync(temp).filter((name) => name.startsWith('drover-demo-')), processes };
}

const nothing = { names: [], processes: [] };

/** With a controller and without. */
const always = [
  '"status": "success"',
  'rolled back: bert is on v0.3.0 again',
  '[ok] the hook that was running during the kill ran once, in one process',
];

/** A copy of what is needed to run, which every user may read whatever the checkout's own modes are. */
function copyPackage(): string {
  const folder = path.join(temp, 'package');
  mkdirSync(folder);
  const lock = z.object({
    packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), optional: z.boolean().optional() })),
  });
  const { packages } = lock.parse(JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')));
  const wanted = Object.entries(packages).filter(
    ([name, of]) => name !== '' && of.dev !== true && of.optional !== true,
  );
  const names = ['dist', 'deploy', 'package.json', ...wanted.map(([name]) => name)];
  execFileSync('cp', ['--archive', '--parents', '--reflink=auto', ...names, folder], { cwd: root });
  execFileSync('chmod', ['--recursive', 'a+rX', folder]);
  return folder;
}

describe.each([
  { words: [], shows: ['$ drover upgrade carol', '[ok] `drover` showed the upgrade to its end, and it succeeded'] },
  {
    words: ['--agent-only'],
    shows: ['$ drover-agent upgrade carol', '[ok] the command reports that the agent disconnected (exit code 3)'],
  },
])('with $words', ({ words, shows }) => {
  test('stays until Ctrl-C, with the commands that it suggests at work', async () => {
    const demo = startDemo(words);
    await demo.prints('Ctrl-C ends');
    for (const shown of [...shows, ...always]) expect(demo.text()).toContain(shown);
    const [, bin = 'none'] = /export PATH=(\S+):\$PATH/.exec(demo.text()) ?? [];
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    const suggested = [...demo.text().matchAll(/^ {2}(drover(?:-agent)? (?!plan)[^#\n]*?) {2,}\S/gm)];
    expect(suggested.length).toBeGreaterThan(5);
    const failed = suggested.flatMap(([, line = '']) => {
      try {
        execFileSync('bash', ['-c', line], { env, stdio: 'pipe' });
        return [];
      } catch (error) {
        return [`${line}: ${String(error)}`];
      }
    });
    expect({ failed, text: demo.text() }).toMatchObject({ failed: [] });
    demo.interrupt();
    expect(await demo.ended).toBe(0);
    expect(findLeftovers()).toEqual(nothing);
  });

  test('can be interrupted in the middle of an upgrade, and leaves nothing behind', async () => {
    const demo = startDemo(words);
    await demo.prints('Backing up database');
    demo.interrupt();
    expect(await demo.ended).toBe(130);
    expect(findLeftovers()).toEqual(nothing);
  });
});

test('goes through all it shows for an ordinary user, and leaves nothing behind', async () => {
  const user = await findUser('nobody');
  const folder = copyPackage();
  chownSync(temp, user.uid, user.gid);
  const demo = startDemo(['--exit'], { folder, user: { uid: user.uid, gid: user.gid } });
  const exitCode = await demo.ended;
  expect({ exitCode, text: demo.text() }).toMatchObject({ exitCode: 0 });
  expect(demo.text()).toContain('5. The fleet');
  expect(findLeftovers()).toEqual(nothing);
});

test('ends with exit code 1 when something is not as it should be, and names the folder that it keeps', async () => {
  const folder = copyPackage();
  rmSync(path.join(folder, 'dist/agent/main.js'));
  const demo = startDemo(['--exit'], { folder });
  expect(await demo.ended).toBe(1);
  const { names, processes } = findLeftovers();
  expect(processes).toEqual([]);
  expect(names).toHaveLength(1);
  expect(demo.text()).toContain(`Its files, with the logs, are in ${path.join(temp, names[0] ?? '')}`);
});
