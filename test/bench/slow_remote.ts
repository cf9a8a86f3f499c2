// A remote that is slow to answer: git's own program for the remote's end, after a wait.
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The path of a program for `remote.<name>.uploadpack`. */
export async function writeSlowUploadPack(folder: string, seconds: number): Promise<string> {
  const file = path.join(folder, 'slow-upload-pack');
  await writeFile(file, `#!/bin/sh\nsleep ${seconds}\nexec git-upload-pack "$@"\n`);
  await chmod(file, 0o755);
  return file;
}
