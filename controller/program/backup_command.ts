// `drover-controller backup`: copies the store, also while the controller runs.
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';
import { fillNewTrustedFile } from '../../shared/os/trusted/write_file.js';
import { backUpStore } from '../store/sqlite/database/back_up_store.js';
import { loadControllerConfig } from './controller_config.js';
import { defineCommand } from './controller_command.js';

export const command = defineCommand({
  arguments: ['<file>'],
  options: {},
  help: `Copies the store into a new file, also while the controller runs. To restore it, stop the
controller, remove controller.db-wal and controller.db-shm, and put the copy in the place of
controller.db. In the copy every rollout is paused: hosts have gone on since.

Examples:
  drover-controller backup /var/backups/drover/controller-2026-12-16.db

Exit codes: 0 copied, 1 the store or the disk cannot be used, 2 usage, or the file is there already.
`,
  input: z.object({ file: z.string().min(1) }),
  async execute({ configFile, clock, screen, json }, { file: given }) {
    const { data_dir: folder } = await loadControllerConfig(configFile);
    const from = path.join(folder, 'controller.db');
    if ((await checkPath(from, { mayBeMissing: true })).stats === null) {
      throw new AppError('config', `${from}: does not exist; the controller has never run here`, {
        hint: `Run it first: drover-controller run --config ${path.resolve(configFile)}`,
      });
    }
    const to = path.resolve(given);
    await fillNewTrustedFile(to, 0o600, async (draft) => copy({ from, to: draft, at: clock.now().toISOString() }));
    if (json) screen.printJson({ file: to });
    else screen.print(`The store is copied to ${to}`);
    return 0;
  },
});

/** SQLite copies it in one go. */
function copy(places: Parameters<typeof backUpStore>[0]): void {
  try {
    backUpStore(places);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new AppError('io', `${places.from} could not be copied: ${message}`, {
      cause: error,
      hint: 'Is there room on that disk? Nothing is left of the copy.',
    });
  }
}
