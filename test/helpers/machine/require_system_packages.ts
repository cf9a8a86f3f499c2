// Checks, before the tests, that the system programs that they use exist. As root on Debian it installs missing ones;
// elsewhere it names them, and the tests do not start.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const clusterFile = '/etc/postgresql-common/createcluster.conf';

/** How to see that it is there, and the Debian package that brings it. */
const needs: { try: [string, ...string[]]; package: string }[] = [
  { try: ['git', '--version'], package: 'git' },
  { try: ['bash', '--version'], package: 'bash' },
  { try: ['setpriv', '--version'], package: 'util-linux' },
  { try: ['flock', '--version'], package: 'util-linux' },
  { try: ['script', '--version'], package: 'bsdutils' },
  { try: ['tar', '--version'], package: 'tar' },
  { try: ['find', '--version'], package: 'findutils' },
  { try: ['sqlite3', '--version'], package: 'sqlite3' },
  { try: ['curl', '--version'], package: 'curl' },
  { try: ['python3', '-c', 'import venv, ensurepip'], package: 'python3-venv' },
  { try: ['sh', '-c', 'command -v ssh-keygen'], package: 'openssh-client' },
  { try: ['sh', '-c', 'command -v /usr/sbin/sshd'], package: 'openssh-server' },
  { try: ['openssl', 'version'], package: 'openssl' },
  { try: ['mkfs.ext4', '-V'], package: 'e2fsprogs' },
  { try: ['sh', '-c', 'command -v mount losetup'], package: 'mount' },
  { try: ['perl', '-v'], package: 'perl-base' },
  { try: ['ip', '-Version'], package: 'iproute2' },
  { try: ['strace', '--version'], package: 'strace' },
  { try: ['systemd-nspawn', '--version'], package: 'systemd-container' },
  { try: ['sh', '-c', 'command -v needrestart'], package: 'needrestart' },
  { try: ['sh', '-c', 'command -v dbus-daemon'], package: 'dbus' },
  { try: ['sh', '-c', 'command -v psql && ls /usr/lib/postgresql/*/bin/initdb'], package: 'postgresql' },
];

function isThere(command: [string, ...string[]]): boolean {
  const [file, ...args] = command;
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}

function findMissing(): string[] {
  return [...new Set(needs.filter((need) => !isThere(need.try)).map((need) => need.package))];
}

const isRoot = process.getuid?.() === 0;
const missing = findMissing();
if (missing.length > 0 && isRoot && isThere(['apt-get', '--version'])) {
  process.stdout.write(`Installing what the tests need: ${missing.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // The tests start servers of their own: Debian must neither make nor start one.
  if (missing.includes('postgresql') && !existsSync(clusterFile)) {
    mkdirSync(path.dirname(clusterFile), { recursive: true });
    writeFileSync(clusterFile, 'create_main_cluster = false\n');
  }
  const keepFiles = ['-o', 'Dpkg::Options::=--force-confold'];
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...keepFiles, ...missing];
  execFileSync('apt-get', install, { stdio: 'inherit', env });
}
const still = findMissing();
if (still.length > 0) {
  process.stderr.write(`The tests need these Debian packages: apt-get install ${still.join(' ')}\n`);
  process.exitCode = 1;
}
if (!isRoot) {
  process.stderr.write('The tests run as root: they start tenants of other users and mount small file systems.\n');
  process.exitCode = 1;
}
