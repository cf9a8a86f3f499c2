// Appends a line to a file of the agent, so that a power cut tears no line but the last.
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../shared/os/files.js';

/** Adds the line, in a new file where there is none; it is on the disk when this resolves. */
export async function appendLine(file: string, line: string): Promise<void> {
  const isNew = !existsSync(file);
  const handle = await open(file, 'a', 0o600);
  try {
    // The line break comes first as well: a torn line before it stays a line of its own.
    await handle.appendFile(`\n${line}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  if (isNew) await syncFolder(path.dirname(file));
}
