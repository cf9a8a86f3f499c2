// A folder that takes no more writes, as on a disk that the kernel has made read-only.
import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Makes it so until the test ends, or until the function that it returns is called. The folder must be there till then. */
export function makeReadOnly(folder: string): () => void {
  let isMounted = true;
  const mend = () => {
    if (isMounted) execFileSync('umount', [folder]);
    isMounted = false;
  };
  execFileSync('mount', ['--bind', folder, folder]);
  onTestFinished(mend);
  execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
  return mend;
}
