// The scripts that a machine runs before its systemd.

/** The hierarchies by which a machine's systemd limits units, where each controller has a hierarchy of its own. */
const limitTrees = ['memory', 'pids', 'cpu'].map((controller) => `/sys/fs/cgroup/${controller}`);

/** Each holds a cgroup of the machine's name, if it is there. */
export const cgroupTrees = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', ...limitTrees];

/** What the machine's console says once it is up. */
export const upMessage = /Reached target .*multi-user\.target/;

/** First process of each boot: the container mounts the hierarchies of limits read-only. */
const startSystemd = `
for tree in ${limitTrees.join(' ')}; do
  if [ -e "$tree/cgroup.procs" ]; then mount -o remount,bind,rw "$tree"; fi
done
exec /lib/systemd/systemd --unit=multi-user.target
`;

/** Units of this machine that a test's machine boots without. */
const unwanted = [
  'systemd-tmpfiles-setup.service', // It would empty /tmp, and with it what is shared there.
  'systemd-tmpfiles-clean.timer',
  'systemd-logind.service',
  'systemd-user-sessions.service',
  'systemd-ask-password-wall.path',
  'systemd-update-utmp-runlevel.service',
  'getty.target',
];

/** The exit code of a container whose systemd reboots. */
const rebooted = 133;

/** ext4's own timer would write now and then; without it only synced writes survive a power cut. */
const diskOptions = 'loop,commit=300,noatime';

/**
 * Run as the first process of namespaces of its own: they are what takes everything along when it ends. Its parameters: a
 * folder, where the disk is to be mounted in the machine ("" without one), and further options of the container. The
 * machine has cgroups of its own, or two machines would end each other's processes, and none of this one's services. It
 * boots again after a reboot, and after another end when `again` is in the folder.
 */
export const bootScript = `
set -e
folder=$1 disk=$2 name=$(basename "$1")
shift 2
for tree in ${cgroupTrees.join(' ')}; do
  if [ -e "$tree/cgroup.procs" ]; then mkdir "$tree/$name"; echo 0 >"$tree/$name/cgroup.procs"; fi
done
ip link set lo up
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=755 tmpfs "$folder"
cd "$folder"
mkdir upper work root disk
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay root
: >root/etc/fstab
(
  cd root/etc/systemd/system
  rm -rf ./*.wants ./*.requires
  for unit in ${unwanted.join(' ')}; do ln -sf /dev/null "$unit"; done
)
if [ -n "$disk" ]; then
  truncate --size=256M image
  mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 image
  set -- "$@" --bind="$folder/disk:$disk"
fi
ended=${rebooted}
while [ "$ended" = ${rebooted} ] || [ -e again ]; do
  rm -f again
  ended=0
  if [ -n "$disk" ]; then mount -o ${diskOptions} image disk; fi
  systemd-nspawn --quiet --directory="$folder/root" --machine="$name" --register=no --keep-unit --settings=no \\
    --link-journal=no --resolv-conf=off --timezone=off "$@" -- sh -c '${startSystemd}' || ended=$?
  if [ -n "$disk" ]; then until umount disk; do sleep 0.02; done; fi
done
`;

/** Run beside it: what is not on the disk is lost (FS_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH), and it boots again. */
export const cutScript = `
set -e
cd "$1"
if mountpoint -q disk; then
  perl -e 'my $how = pack("L", 2); open(F, "<", "disk") or die; ioctl(F, 0x8004587d, $how) or die "$!"'
fi
: >again
`;
