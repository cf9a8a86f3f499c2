// A machine with its own systemd, for tests: this machine's files, booted in a container. Its writes (except in shared
// folders), processes and mounts end with it, even if the test is killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runProgram } from '../../../deploy/demo/run_program.js';

export interface Machine {
  /** What a program printed that was run in the machine, as root. Throws when it fails, with all that it printed. */
  run(argv: readonly [string, ...string[]]): Promise<string>;
  /** Writes a file in the machine; its folder is there. */
  write(file: string, content: string): Promise<void>;
  /** Ends the machine at once. May be called again. */
  stop(): Promise<void>;
}

/** Folders of this machine that the other one has at the same path; its own /tmp is empty otherwise. */
export interface Shares {
  readOnly?: readonly string[];
  writable?: readonly string[];
}

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const bootLimitMs = 30_000;
const repositoryRoot = findPackageRoot(import.meta.dirname);
/** The hierarchies by which a machine's systemd limits units, where each controller has a hierarchy of its own. */
const limitTrees = ['memory', 'pids', 'cpu'].map((controller) => `/sys/fs/cgroup/${controller}`);
const cgroupTrees = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', ...limitTrees];

/** Its first process: the container mounts the hierarchies of limits read-only. */
const startSystemd = `
for tree in ${limitTrees.join(' ')}; do
  if [ -e "$tree/cgroup.procs" ]; then mount -o remount,bind,rw "$tree"; fi
done
exec /lib/systemd/systemd --unit=basic.target
`;

/**
 * Run as the first process of its own mount and process namespaces: they are what takes everything along when it ends.
 * The machine has cgroups of its own, or two machines would end each other's processes, and none of this one's services.
 * Its systemd-tmpfiles would empty /tmp, and with it what is shared there.
 */
const boot = `
set -e
folder=$1 name=$(basename "$1")
shift
for tree in ${cgroupTrees.join(' ')}; do
  if [ -e "$tree/cgroup.procs" ]; then mkdir "$tree/$name"; echo 0 >"$tree/$name/cgroup.procs"; fi
done
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"
: >"$folder/root/etc/fstab"
cd "$folder/root/etc/systemd/system"
rm -rf ./*.wants ./*.requires
ln -sf /dev/null systemd-tmpfiles-setup.service
ln -sf /dev/null systemd-tmpfiles-clean.timer
exec systemd-nspawn --quiet --directory="$folder/root" --machine="$name" --register=no --keep-unit --settings=no \\
  --link-journal=no --resolv-conf=off --timezone=off "$@" -- sh -c '${startSystemd}'
`;

/** Boots a machine and returns once it is up. It has this repository, and this machine's network. */
export async function bootMachine({ readOnly = [], writable = [] }: Shares = {}): Promise<Machine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-machine-'));
  const binds = [
    ...[repositoryRoot, ...readOnly].map((share) => `--bind-ro=${share}`),
    ...writable.map((share) => `--bind=${share}`),
  ];
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...namespaces, 'sh', '-c', boot, 'sh', folder, ...binds], {
    cwd: '/',
    env: { PATH: searchPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const sweep = guardRemains(folder);

  const end = () => {
    const [init] = findChildren(child.pid);
    // All in its namespaces ends with it; only then its parent ends.
    if (init === undefined) child.kill('SIGKILL');
    else process.kill(init, 'SIGKILL');
  };
  const stop = async () => {
    if (!existsSync(folder)) return;
    if (child.exitCode === null && child.signalCode === null) end();
    await ended;
    await sweep();
  };

  let shown = '';
  const isUp = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      shown += chunk.toString();
      if (/Reached target .*basic\.target/.test(stripVTControlCharacters(shown))) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const limit = setTimeout(end, bootLimitMs);
  await Promise.race([isUp, ended]);
  clearTimeout(limit);
  const [leader] = findChildren(findChildren(child.pid)[0]);
  if (leader === undefined) {
    await stop();
    throw new Error(`the machine did not boot: ${stripVTControlCharacters(shown)}`);
  }

  const enter = ['nsenter', `--target=${leader}`, '--mount', '--uts', '--ipc', '--pid', '--'] as const;
  return {
    run: (argv) => runProgram([...enter, ...argv], { cwd: '/', env: { PATH: searchPath } }),
    write: (file, content) => writeFile(path.join(`/proc/${leader}/root`, file), content),
    stop,
  };
}

function findChildren(pid: number | undefined): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (pid === undefined || !existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Its standard input has the folder. The kernel keeps empty cgroups, and lets none go while a process of it is ending. */
const removeRemains = `
read -r folder; while read -r _; do :; done
name=$(basename "$folder")
for n in $(seq 200); do
  left=
  for tree in ${cgroupTrees.join(' ')}; do
    [ ! -e "$tree/$name" ] || find "$tree/$name" -depth -type d -delete 2>/dev/null || left=1
  done
  [ -n "$left" ] || break
  sleep 0.05
done
rmdir "$folder"
`;

/**
 * What the machine leaves behind, its cgroups and its empty folder, is removed by a process that outlives this one, once
 * this one has ended or has called the function that is returned, which waits for it. The machine must have ended by then.
 */
function guardRemains(folder: string): () => Promise<void> {
  const guard = spawn('sh', ['-c', removeRemains], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(guard, 'exit');
  guard.unref();
  guard.stdin.write(`${folder}\n`);
  return async () => {
    guard.stdin.end();
    await ended;
  };
}

/** This runs from source or from `dist`. */
function findPackageRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findPackageRoot(path.dirname(folder));
}
