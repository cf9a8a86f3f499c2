// Does what an upgrade needs though that cannot be done for now: it waits for a disk that takes nothing.
import { toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { Host } from '../upgrade/host.js';

const retryPauseMs = 1000;

/** Does the work until it resolves; logs why it has to wait, once, however long that lasts. Rejects when the agent ends. */
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
      if (message !== waitsFor) log.error({ err: error, upgrade: id }, 'the upgrade has to wait');
      waitsFor = message;
      await clock.wait(retryPauseMs, shutdown);
    }
  }
}
