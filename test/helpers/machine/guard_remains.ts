// Removes what a machine leaves behind, also where its test is killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cgroupTrees } from './boot_script.js';

/** Its standard input has the folder. The kernel keeps empty cgroups, and lets none go while a process of it is ending. */
const script = `
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
 * The machine's cgroups and its empty folder are removed by a process that outlives this one, once this one has ended or
 * has called the function that is returned, which waits for it. The machine must be ending by then.
 */
export function guardRemains(folder: string): () => Promise<void> {
  const guard = spawn('sh', ['-c', script], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(guard, 'exit');
  guard.unref();
  guard.stdin.write(`${folder}\n`);
  return async () => {
    guard.ref();
    guard.stdin.end();
    await ended;
  };
}
