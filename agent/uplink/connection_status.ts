// Reports the state of the controller connection and the reason of a loss: to the log once per change, and to a file
// for `drover-agent status`.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { DisconnectReason } from './disconnect_reason.js';
import { writeUplinkStatus } from './status_file.js';

export interface ConnectionStatus {
  connected(): void;
  disconnected(reason: DisconnectReason): void;
  /** Resolves when the last change is in the file. */
  written(): Promise<void>;
}

/** Begins with the status "not connected". */
export function createConnectionStatus(options: {
  url: string;
  file: string;
  log: Log;
  clock: Clock;
}): ConnectionStatus {
  const { url, file, log, clock } = options;
  let loggedReason: string | null = null;
  let writing: Promise<void> = Promise.resolve();

  function write(connected: boolean, problem: { message: string; hint: string } | null): void {
    const status = { url, connected, since: clock.now().toISOString(), problem };
    writing = writing
      .then(() => writeUplinkStatus(file, status))
      .catch((error: unknown) => log.warn({ err: error, file }, 'the state of the uplink could not be written'));
  }

  write(false, null);
  return {
    connected() {
      loggedReason = null;
      log.info({ url }, 'connected to the controller');
      write(true, null);
    },
    disconnected({ reason, message, hint }) {
      if (reason === loggedReason) return;
      loggedReason = reason;
      log.warn({ url, reason, hint }, `no connection to the controller: ${message}`);
      write(false, { message, hint });
    },
    written: () => writing,
  };
}
