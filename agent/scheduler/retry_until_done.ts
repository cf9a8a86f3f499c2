// Retries work of an upgrade that fails for now, such as on a full or read-only disk.
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { Host } from '../upgrade/host.js';

const retryPauseMs = 1000;

/** Repeats the work until it resolves. Logs each new reason for the wait once. Rejects when the agent ends. */
export async function retryUntilDone<T>(
  { host: { clock, shutdown }, log, id }: { host: Pick<Host, 'clock' | 'shutdown'>; log: Log; id: string },
  work: () => Promise<T>,
): Promise<T> {
  let waitsFor = '';
  for (;;) {
    try {
      return await work();
    } catch (error) {
      shutdown.throwIfAborted();
      const { message } = toAppError(error);
      if (message !== waitsFor) log.error({ err: error, upgrade: id }, 'the upgrade waits until this error is fixed');
      waitsFor = message;
      await clock.wait(retryPauseMs, shutdown);
    }
  }
}
