// Where the tests put their files: in memory where the machine has room for it. An upgrade syncs the disk at every step, and
// the tests wait for nothing as often. What a power cut loses is up to the tests' own file system, not to the disk.
import { readFileSync, statfsSync } from 'node:fs';

const folder = '/dev/shm';
const wantedBytes = 4 * 1024 ** 3;

/** The environment of the tests: `TMPDIR` where nobody has set it and the folder has room and may hold programs. */
export function chooseFolder(): { TMPDIR?: string } {
  if (process.env['TMPDIR'] !== undefined || process.platform !== 'linux') return {};
  const [, , type, options = ''] = readFileSync('/proc/mounts', 'utf8').match(mountOf(folder)) ?? [];
  if (type !== 'tmpfs' || options.split(',').includes('noexec')) return {};
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= wantedBytes ? { TMPDIR: folder } : {};
}

/** Matches the line of the mount: device, then type and options. */
function mountOf(mountPoint: string): RegExp {
  return new RegExp(`^(\\S+) ${mountPoint} (\\S+) (\\S+)`, 'm');
}
