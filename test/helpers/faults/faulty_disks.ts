// Disks for an agent's state that fail on command. Each has a script that makes it fail, and a way to fix it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { guardMount } from './guard_mount.js';

export interface FaultyDisk {
  folder: string;
  /** A bash script after which the disk takes no more writes. */
  fault: string;
  /** True when it can be fixed only while no agent uses it. */
  needsRemount: boolean;
  mend(): void;
  /** Unmounts and removes it. */
  remove(): void;
}

const run = (file: string, ...words: string[]) => execFileSync(file, words, { encoding: 'utf8' }).trim();
const makeFolder = () => mkdtempSync(path.join(tmpdir(), 'drover-disk-'));

function mountMemory(options: string, fill: string): FaultyDisk {
  const folder = makeFolder();
  const ballast = path.join(folder, 'ballast');
  const letGo = guardMount({ mounted: folder, above: folder });
  run('mount', '-t', 'tmpfs', '-o', `${options},mode=755`, 'drover-test', folder);
  return {
    folder,
    fault: `mkdir "${ballast}"; cd "${ballast}"; ${fill} 2>/dev/null; true`,
    needsRemount: false,
    mend: () => rmSync(ballast, { recursive: true, force: true }),
    remove() {
      run('umount', folder);
      letGo();
      rmSync(folder, { recursive: true });
    },
  };
}

/** An ext4 that the kernel makes read-only after an error, as it does with a real one; open files stay open. */
function mountExt4(): FaultyDisk {
  const folder = makeFolder();
  const image = `${folder}.img`;
  const mount = () => run('mount', '-o', 'loop,errors=remount-ro', image, folder);
  const letGo = guardMount({ mounted: folder, above: folder });
  run('truncate', '--size=120M', image);
  run('mkfs.ext4', '-q', image);
  mount();
  const device = path.basename(run('findmnt', '--noheadings', '--output', 'SOURCE', folder));
  return {
    folder,
    fault: `echo drover >/sys/fs/ext4/${device}/trigger_fs_error`,
    needsRemount: true,
    mend() {
      run('umount', folder);
      execFileSync('bash', ['-c', 'e2fsck -fy "$1" || (( $? < 4 ))', 'bash', image], { stdio: 'ignore' });
      mount();
    },
    remove() {
      run('umount', folder);
      letGo();
      rmSync(folder, { recursive: true });
      rmSync(image);
    },
  };
}

/** By the way in which they fail. */
export const faultyDisks = {
  room: () => mountMemory('size=120m', 'head -c 1G /dev/zero >fill'),
  inodes: () => mountMemory('size=120m,nr_inodes=2000', 'for ((i = 0; i < 2000; i++)); do : >"$i" || break; done'),
  'being writable': mountExt4,
} satisfies Record<string, () => FaultyDisk>;
