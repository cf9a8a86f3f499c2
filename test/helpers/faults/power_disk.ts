// A disk whose power a test can cut: an ext4 of its own in a file, with the processes that live on it.
//
// What is simulated: at the cut the file system is shut down without flushing its journal (the ioctl that xfstests uses),
// so nothing reaches the file any more. All that ext4 had handed to the device is there afterwards, and what lay in memory
// is lost, as with a disk that honours flushes. Loss inside of the device, of what no flush had confirmed, is not
// simulated, so it makes no difference that the loop device writes to the file without direct I/O. Mounting it again
// replays the journal.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProcesses } from '../agent/host_processes.js';
import { guardMount } from './guard_mount.js';

const run = promisify(execFile);

export interface PowerDisk {
  /** A folder on the disk. */
  folder: string;
  /** A folder beside it that keeps everything. */
  outside: string;
  /** Syncs all writes to the disk. */
  sync(): Promise<void>;
  /** Ends every process that names the folder, loses what was not on the disk, and mounts what was. */
  cut(): Promise<void>;
  remove(): Promise<void>;
}

/** How the folder of each such disk begins. */
export const powerDiskName = 'drover-power-';

/** ext4's own timer would write now and then; without it only synced writes survive. */
const mountOptions = 'loop,commit=300,noatime';
/** FS_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const shutDown = 'my $how = pack("L", 2); open(F, "<", $ARGV[0]) or die; ioctl(F, 0x8004587d, $how) or die "$!"';

/** In memory, where there is such a place: the test's own disk is not asked to sync all that. */
const roomy = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export async function makePowerDisk(): Promise<PowerDisk> {
  const outside = await mkdtemp(path.join(roomy, powerDiskName));
  const [image, mounted] = [path.join(outside, 'image'), path.join(outside, 'disk')];
  await writeFile(image, '');
  await truncate(image, 256 * 1024 ** 2);
  await mkdir(mounted);
  await run('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
  const mount = () => run('mount', ['-o', mountOptions, image, mounted]);
  const letGo = guardMount({ mounted, above: outside });
  await mount();
  const folder = path.join(mounted, 'host');
  await mkdir(folder);
  return {
    folder,
    outside,
    sync: async () => void (await run('sync', ['-f', mounted])),
    async cut() {
      await run('perl', ['-e', shutDown, mounted]);
      await unmount(mounted, image);
      await mount();
    },
    async remove() {
      await unmount(mounted, image);
      letGo();
      await rm(outside, { recursive: true });
    },
  };
}

/** Returns once the file system is unmounted: an ending process may hold it a little longer. */
async function unmount(mounted: string, image: string): Promise<void> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    for (const { pid } of findProcesses(mounted)) kill(pid);
    const failure = await run('umount', [mounted]).then(() => null, String);
    const { stdout } = await run('losetup', ['--associated', image]);
    if (stdout === '') return;
    if (performance.now() > untilMs) throw new Error(`${mounted} is still in use: ${failure}`);
    await sleep(20);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
