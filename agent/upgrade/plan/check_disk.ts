// The disk space that an upgrade needs: added up per file system, and refused where less is free.
import { AppError } from '../../../shared/errors.js';
import type { Plan } from '../../../shared/model/plan/plan.js';
import type { RunProbe } from '../../command/spec.js';
import { measureFolder } from '../../store/state_folder.js';
import type { DiskNeed } from '../../tenant/database/port.js';
import { measureFolders, type FileSystem } from '../../tenant/tenant_files.js';

/** The least number of free inodes. */
const minInodes = 1000;

/** The file systems that the plan names. Throws AppError `disk-full` where one has not enough room, `io`. */
export async function checkDisk({
  stateFolder,
  stateBytes,
  needs,
  probe,
}: {
  stateFolder: string;
  /** What the agent itself writes to its state folder. */
  stateBytes: number;
  needs: readonly DiskNeed[];
  probe: RunProbe;
}): Promise<Plan['disk']> {
  const own = { folder: stateFolder, bytes: stateBytes, disk: await measureFolder(stateFolder) };
  const measured = [own, ...(await measureNeeds(needs, probe))];
  const devices = new Map<number, Plan['disk'][number]>();
  for (const { folder, bytes, disk } of measured) {
    const known = devices.get(disk.device) ?? { folder, needed_bytes: 0, free_bytes: disk.freeBytes };
    devices.set(disk.device, { ...known, needed_bytes: known.needed_bytes + bytes });
    if (disk.inodes > 0 && disk.freeInodes < minInodes) {
      throw diskError(folder, `${disk.freeInodes} free inodes, and at least ${minInodes} are needed`);
    }
  }
  const disks = [...devices.values()];
  for (const { folder, needed_bytes, free_bytes } of disks) {
    if (free_bytes >= needed_bytes) continue;
    throw diskError(folder, `${inMiB(free_bytes)} free, and ${inMiB(needed_bytes)} are needed`);
  }
  return disks;
}

/** Each account measures its folders in one look. */
async function measureNeeds(
  needs: readonly DiskNeed[],
  probe: RunProbe,
): Promise<{ folder: string; bytes: number; disk: FileSystem }[]> {
  const users = new Map(needs.map(({ user }) => [user.uid, user]));
  const measured = await Promise.all(
    [...users.values()].map(async (user) => {
      const own = needs.filter((need) => need.user.uid === user.uid);
      const disks = await measureFolders(
        { probe, user },
        own.map(({ folder }) => folder),
      );
      return own.flatMap(({ folder, bytes }, index) => {
        const disk = disks[index];
        return disk === undefined ? [] : [{ folder: folder.shown, bytes, disk }];
      });
    }),
  );
  return measured.flat();
}

const inMiB = (bytes: number) => `${Math.ceil(bytes / 1024 ** 2)} MiB`;

function diskError(folder: string, what: string): AppError {
  return new AppError(
    'disk-full',
    `the file system of ${folder} has ${what} for backup, restore, journal and exported files`,
    {
      hint: 'Free space there, or lower `keep` under `database` to keep fewer backups.',
    },
  );
}
