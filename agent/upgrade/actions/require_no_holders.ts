// With the services stopped, no process may hold the database open: it could write to what is backed up or restored.
import { AppError } from '../../../shared/errors.js';
import type { Database } from '../../tenant/database/port.js';
import type { StepContext } from '../step.js';

/** Services may take a moment to let go of the database after they were stopped. */
const holdersGraceMs = 5000;

/**
 * Returns once no process holds the database open, unless `allow_writers` says that one may. Throws AppError
 * `database-held` naming those that still do. May be called again.
 */
export async function requireNoHolders({ config, clock, signal }: StepContext, database: Database): Promise<void> {
  if (typeof config.database === 'object' && 'allow_writers' in config.database && config.database.allow_writers) {
    return;
  }
  const deadlineMs = clock.monotonicMs() + holdersGraceMs;
  for (let pauseMs = 10; ; pauseMs *= 2) {
    const holders = await database.findHolders();
    if (holders.length === 0) return;
    if (clock.monotonicMs() > deadlineMs) {
      const named = holders.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
      throw new AppError('database-held', `the services are stopped, but the database is still held open by ${named}`, {
        hint: 'Add what runs it to `services`, end it, or set `allow_writers: true` under `database` if it does no harm.',
        details: { holders },
      });
    }
    await clock.wait(pauseMs, signal);
  }
}
