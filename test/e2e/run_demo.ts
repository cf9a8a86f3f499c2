// The demo as a reader runs it: started in a temporary folder of the test's, read, interrupted, and looked for afterwards.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { findLastingProcesses } from '../helpers/agent/host_processes.js';

export interface Demo {
  /** All that it has printed so far. */
  text(): string;
  /** Returns once it has printed this, or has ended. */
  prints(words: string): Promise<void>;
  /** The end of the process: its exit code. */
  ended: Promise<number | null>;
  interrupt(): void;
}

export interface DemoUser {
  uid: number;
  gid: number;
}

export interface DemoPlace {
  /** Whatever the demos make lies below it. */
  folder: string;
  /** Starts the demo of this checkout, or of the package in another folder. */
  start(words: readonly string[], packageFolder?: string): Demo;
  /** The commands that the demo suggested and that failed when they were run as its user, each with its error. */
  runSuggested(demo: Demo): string[];
  /** What demos have left behind: names in the folder, and processes that know of it. */
  leftovers(): Promise<{ names: string[]; processes: string[] }>;
  /** Ends the demos that still run, each of which cleans up after itself, and removes the folder. */
  remove(): Promise<void>;
}

export const nothing = { names: [], processes: [] };

/** What every demo shows, with a controller and without. */
export const always = [
  '"status": "success"',
  'rolled back: bert is on v0.3.0 again',
  '[ok] the hook that was running during the kill ran once, in one process',
];

const root = path.join(import.meta.dirname, '../..');

/** A place for demos that run as this user, the tests' own without one. */
export function makeDemoPlace(user?: DemoUser): DemoPlace {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-demo-test-'));
  chmodSync(folder, 0o755);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const demos: Demo[] = [];
  return {
    folder,
    start(words, packageFolder = root) {
      const demo = startDemo(words, { folder, packageFolder, user });
      demos.push(demo);
      return demo;
    },
    runSuggested: (demo) => runSuggested(demo.text(), user),
    leftovers: async () => ({
      processes: (await findLastingProcesses(folder)).map(({ command }) => command),
      names: readdirSync(folder).filter((name) => name.startsWith('drover-demo-')),
    }),
    async remove() {
      for (const demo of demos.splice(0)) {
        demo.interrupt();
        await demo.ended;
      }
      rmSync(folder, { recursive: true });
    },
  };
}

function startDemo(
  words: readonly string[],
  { folder, packageFolder, user }: { folder: string; packageFolder: string; user: DemoUser | undefined },
): Demo {
  const child = spawn(process.execPath, [path.join(packageFolder, 'dist/deploy/demo/main.js'), ...words], {
    cwd: '/',
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more));
  const closed = once(child, 'close');
  return {
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
}

function runSuggested(text: string, user?: DemoUser): string[] {
  const [, bin = 'none'] = /export PATH=(\S+):\$PATH/.exec(text) ?? [];
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  const suggested = [...text.matchAll(/^ {2}(drover(?:-agent)? (?!plan)[^#\n]*?) {2,}\S/gm)];
  if (suggested.length <= 5) return [`only ${suggested.length} commands are suggested`];
  return suggested.flatMap(([, line = '']) => {
    try {
      execFileSync('bash', ['-c', line], { cwd: '/', env, stdio: 'pipe', ...user });
      return [];
    } catch (error) {
      return [`${line}: ${String(error)}`];
    }
  });
}

/** Copies what is needed to run into `folder`, which is made; every user may read it whatever the checkout's own modes are. */
export function copyPackage(folder: string): void {
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
}
