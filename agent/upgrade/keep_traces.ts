// Brings to the disk what a command leaves: hooks, migrations and installers do not sync what they write.
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { syncFolder } from '../../shared/files.js';
import { runFolder } from '../command/run_folder.js';
import type { RunProbe, User } from '../command/spec.js';
import type { KeepTraces } from './run_command.js';

/** Folders are opened as the tenant's user, whoever ran the command: what is there by now may not be for root to open. */
export function createKeepTraces(probe: RunProbe, user: User): KeepTraces {
  return async ({ folder, spec: { keeps, title, timeLimitMs } }) => {
    if (keeps === undefined) return;
    await syncFolder(runFolder(folder).output);
    await syncFolder(folder);
    await syncFolder(path.dirname(folder));
    if (keeps.length === 0) return;
    const { exitCode, stderr } = await probe({ argv: ['sync', '-f', '--', ...keeps], user, cwd: '/', timeLimitMs });
    if (exitCode === 0) return;
    throw new AppError('io', `${title}: what it wrote could not be brought to the disk: ${stderr.trim()}`, {
      hint: 'See what the kernel says of this disk: journalctl -k.',
    });
  };
}
