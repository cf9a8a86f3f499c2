// Reports the state of the controller connection and the reason of a loss: to the log once per change, and to a file
// for `drover-agent status`.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { DisconnectReason } from './disconnect_reason.js';
import { writeUplinkStatus } from './status_file.js';

export interface ConnectionStatus {
  /** What is dialled from now on. May be called again. */
  dial(to: Dialled): void;
  connected(): void;
  disconnected(reason: DisconnectReason): void;
  /** Resolves when the last change is in the file. */
  written(): Promise<void>;
}

interface Dialled {
  url: string;
  /** The URL of a proxy on the way there. */
  proxy: string | null;
}

/** Begins with the status "not connected". `url` is null as long as it is not known. */
export function createConnectionStatus(options: {
  url: string | null;
  file: string;
  log: Log;
  clock: Clock;
}): ConnectionStatus {
  const { file, log, clock } = options;
  let dialled: { url: string | null; proxy: string | null } = { url: options.url, proxy: null };
  let loggedReason: string | null = null;
  let writing: Promise<void> = Promise.resolve();

  function write(connected: boolean, problem: { message: string; hint: string } | null): void {
    const status = { ...dialled, connected, since: clock.now().toISOString(), problem };
    writing = writing
      .then(() => writeUplinkStatus(file, status))
      .catch((error: unknown) => log.warn({ err: error, file }, 'the state of the uplink could not be written'));
  }

  write(false, null);
  return {
    dial(to) {
      if (to.url === dialled.url && to.proxy === dialled.proxy) return;
      dialled = to;
      loggedReason = null;
      write(false, null);
    },
    connected() {
      loggedReason = null;
      log.info(dialled, 'connected to the controller');
      write(true, null);
    },
    disconnected({ reason, message, hint }) {
      if (reason === loggedReason) return;
      loggedReason = reason;
      log.warn({ ...dialled, reason, hint }, `no connection to the controller: ${message}`);
      write(false, { message, hint });
    },
    written: () => writing,
  };
}
