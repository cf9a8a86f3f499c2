// Unmounts what a test has mounted, also where the test is killed: a process that outlives it waits for its end.
import { spawn } from 'node:child_process';

/** Its standard input has the two folders, which are not in its arguments: a test ends whatever names them. */
const script = `
read -r mounted; read -r above; while read -r _; do :; done
users() {
  { grep -lsF -- "$mounted" /proc/[0-9]*/{cmdline,environ}
    find /proc/[0-9]*/{fd,cwd} -lname "$mounted*"; } 2>/dev/null | cut -d/ -f3 | sort -u
}
for ((n = 0; n < 100; n++)); do
  mountpoint -q "$mounted" || break
  for pid in $(users); do kill -KILL "$pid" 2>/dev/null; done
  umount "$mounted" 2>/dev/null || sleep 0.1
done
mountpoint -q "$mounted" || rm -rf "$above"
`;

/**
 * To be called before the folder is mounted on. Once this process has ended, whatever uses `mounted` is ended, it is
 * unmounted, and `above`, which holds it, is removed. The function that is returned gives that up; call it once nothing is
 * mounted any more.
 */
export function guardMount({ mounted, above }: { mounted: string; above: string }): () => void {
  const guard = spawn('bash', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  guard.stdin.on('error', () => {}); // Somebody has ended it.
  guard.stdin.write(`${mounted}\n${above}\n`);
  return () => void guard.kill('SIGKILL');
}
