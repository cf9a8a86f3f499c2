// Finds programs of this machine that a control may use.
import { access, constants } from 'node:fs/promises';
import path from 'node:path';

/** The path of the program, or null when it is not on PATH. */
export async function findProgram(name: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const file = path.join(folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // The next folder.
    }
  }
  return null;
}
