// What changes on a host at every look: load, memory, disks. It starts no process, and looks at no folder of a tenant.
import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import type { HostFigures } from '../../shared/model/report/report.js';
import { sharedLimits } from '../../shared/limits.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';

type Room = HostFigures['state_disk'];

/** File systems on disks of this machine. Others may hang, or belong to a user. */
const localTypes = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'jfs', 'bcachefs']);

/** `stateFolder` is the one whose disk is told apart. A disk that cannot be read is left out. */
export async function readFigures(stateFolder: string): Promise<HostFigures> {
  const [load_1m = 0, load_5m = 0, load_15m = 0] = os.loadavg().map((load) => Math.round(load * 100) / 100);
  const disks: HostFigures['disks'] = [];
  for (const mount of parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))) {
    const room = await readTrusted(mount);
    if (room !== null && disks.length < sharedLimits.disks.max) disks.push({ path: mount, ...room });
  }
  const memory_available_bytes = await readAvailableMemory();
  return { load_1m, load_5m, load_15m, memory_available_bytes, state_disk: await readRoom(stateFolder), disks };
}

async function readRoom(folder: string): Promise<Room> {
  const { bsize, blocks, bavail } = await statfs(folder);
  return { total_bytes: bsize * blocks, free_bytes: bsize * bavail };
}

/** Null where it cannot be read, or where somebody else could put another file system into its place. */
async function readTrusted(mount: string): Promise<Room | null> {
  try {
    await checkPath(mount, { trusted: { uid: 0 } });
    return await readRoom(mount);
  } catch {
    return null;
  }
}

async function readAvailableMemory(): Promise<number> {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8')) ?? [];
  return kibibytes === undefined ? os.freemem() : Number(kibibytes) * 1024;
}

/** The places of the disks in a `mountinfo`, the first of each disk. Pure. */
export function parseMounts(text: string): string[] {
  const places = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ', 2);
    const place = before.split(' ')[4];
    const [type = '', source = ''] = after.split(' ');
    if (place === undefined || !localTypes.has(type) || places.has(source)) continue;
    places.set(source, unescape(place));
  }
  return [...places.values()];
}

/** The kernel writes white space and `\` as three octal digits. */
const unescape = (place: string) =>
  place.replaceAll(/\\([0-7]{3})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
