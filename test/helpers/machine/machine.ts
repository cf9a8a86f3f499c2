// A machine with its own systemd, for tests: this machine's files, booted in a container. Its writes (except in shared
// folders), processes and mounts end with it, even if the test is killed.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { findPackageRoot } from '../../../deploy/demo/app/find_package_root.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { bootScript, cutScript, upMessage } from './boot_script.js';
import { guardRemains } from './guard_remains.js';

export interface Machine {
  /** What a program printed that was run in the machine, as root. Throws when it fails, with all that it printed. */
  run(argv: readonly [string, ...string[]]): Promise<string>;
  /** Writes a file in the machine; its folder is there. */
  write(file: string, content: string): Promise<void>;
  /** The path by which this machine reaches a file of the other one, until that boots again. */
  locate(file: string): string;
  /** Its systemd ends everything and boots again over the same files. Returns once it is up. */
  reboot(): Promise<void>;
  /** All ends at once, what its disk had not synced is lost, and it boots again. Returns once it is up. */
  cutPower(): Promise<void>;
  /** The process here that holds its namespaces. */
  pid: number;
  /** Ends the machine at once. May be called again. */
  stop(): Promise<void>;
}

export interface MachineOptions {
  /** Folders of this machine that the other one has at the same path; its own /tmp is empty otherwise. */
  readOnly?: readonly string[];
  writable?: readonly string[];
  /** Where it has a disk of its own: an ext4 that loses what was not synced when the power is cut. */
  disk?: string;
  /** A network of its own, without a connection to any other; otherwise it has this machine's. */
  isApart?: boolean;
}

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const bootLimitMs = 60_000;
const allNamespaces = ['--mount', '--uts', '--ipc', '--net', '--pid'];
const repositoryRoot = findPackageRoot(import.meta.dirname);

/** Boots a machine and returns once it is up. It has this repository. */
export async function bootMachine(options: MachineOptions = {}): Promise<Machine> {
  const { readOnly = [], writable = [], disk = '', isApart = false } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-machine-'));
  const binds = [
    ...[repositoryRoot, ...readOnly].map((share) => `--bind-ro=${share}`),
    ...writable.map((share) => `--bind=${share}`),
  ];
  const apart = isApart ? ['--net'] : [];
  const namespaces = ['unshare', '--mount', '--pid', ...apart, '--fork', '--kill-child', '--mount-proc'];
  const argv = ['--pdeathsig', 'KILL', ...namespaces, 'sh', '-c', bootScript, 'sh', folder, disk, ...binds];
  const child = spawn('setpriv', argv, { cwd: '/', env: { PATH: searchPath }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const sweep = guardRemains(folder);
  const shown = readConsole(child);
  const findOuter = () => findChildren(child.pid)[0];
  const findLeader = () => findChildren(findChildren(findOuter())[0])[0];

  const end = () => {
    const outer = findOuter();
    // All in its namespaces ends with it; only then its parent ends.
    if (outer === undefined) child.kill('SIGKILL');
    else process.kill(outer, 'SIGKILL');
  };
  const stop = async () => {
    if (!existsSync(folder)) return;
    if (child.exitCode === null && child.signalCode === null) end();
    await ended;
    await sweep();
  };
  const seeUp = async (boots: number) => {
    let stuck = '';
    const giveUp = async () => {
      // What its processes wait for, for whoever has to find out.
      const all = await runHere(['ps', '-eo', 'pid,stat,wchan:32,cgroup,args']).catch(String);
      stuck = all
        .split('\n')
        .filter((line) => line.includes(path.basename(folder)))
        .join('\n');
      end();
    };
    const limit = setTimeout(() => void giveUp(), bootLimitMs);
    await Promise.race([shown.seeBoots(boots), ended]);
    clearTimeout(limit);
    if (findLeader() !== undefined) return;
    await stop();
    throw new Error(`the machine did not boot: ${stuck}\n${shown.text()}`);
  };
  await seeUp(1);

  const pid = findOuter() ?? 0;
  const locate: Machine['locate'] = (file) => path.join(`/proc/${findLeader()}/root`, file);
  const run: Machine['run'] = (argv) =>
    runHere(['nsenter', `--target=${findLeader()}`, ...allNamespaces, '--', ...argv]);
  return {
    run,
    locate,
    write: (file, content) => writeFile(locate(file), content),
    async reboot() {
      const boots = shown.boots();
      await run(['systemctl', 'start', '--no-block', '--job-mode=replace-irreversibly', 'reboot.target']);
      await seeUp(boots + 1);
    },
    async cutPower() {
      const boots = shown.boots();
      const leader = findLeader();
      await runHere(['nsenter', `--target=${pid}`, '--mount', 'sh', '-c', cutScript, 'sh', folder]);
      if (leader !== undefined) process.kill(leader, 'SIGKILL');
      await seeUp(boots + 1);
    },
    pid,
    stop,
  };
}

function runHere(argv: readonly [string, ...string[]]): Promise<string> {
  return runProgram(argv, { cwd: '/', env: { PATH: searchPath } });
}

/** Reads what the machine prints, and counts how often it has come up. */
function readConsole({ stdout, stderr }: ReturnType<typeof spawn>) {
  let shown = '';
  const changes = new EventEmitter();
  const text = () => stripVTControlCharacters(shown);
  const boots = () => text().split(upMessage).length - 1;
  const read = (chunk: Buffer) => {
    shown += chunk.toString();
    changes.emit('change');
  };
  stdout?.on('data', read);
  stderr?.on('data', read);
  return {
    text,
    boots,
    async seeBoots(count: number) {
      while (boots() < count) await once(changes, 'change');
    },
  };
}

function findChildren(pid: number | undefined): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (pid === undefined || !existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}
