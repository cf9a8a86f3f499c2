// With the services stopped, no process may hold the database open: it could write to what is backed up or restored.
import { AppError } from '../../../shared/errors.js';
import type { Database } from '../../tenant/database/port.js';
import type { StepContext } from '../step.js';

/** Stopped services may need a moment to close the database. */
const holdersGraceMs = 5000;

/**
 * Returns once no process holds the database open, or at once with `allow_writers`. Throws AppError `database-held`
 * naming the processes that still do. May be called again.
 */
export async function requireNoHolders(context: StepContext, database: Database): Promise<void> {
  const { config, clock, signal } = context;
  if (typeof config.database === 'object' && 'allow_writers' in config.database && config.database.allow_writers) {
    return;
  }
  const deadlineMs = clock.monotonicMs() + holdersGraceMs;
  for (let pauseMs = 10; ; pauseMs *= 2) {
    const holders = await database.findHolders(context);
    if (holders.length === 0) return;
    if (clock.monotonicMs() > deadlineMs) {
      const named = holders.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
      throw new AppError('database-held', `the services are stopped, but the database is still held open by ${named}`, {
        hint: 'Add its service to `services`, end the process, or set `allow_writers: true` under `database` if it is harmless.',
        details: { holders },
      });
    }
    await clock.wait(pauseMs, signal);
  }
}
