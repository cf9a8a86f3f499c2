// The port to a tenant's services: which run, and how they are stopped and started.
import type { ReadContext, RunContext } from '../site.js';

export interface ServiceWork {
  /** What ran before the upgrade, as `findRunning` said. */
  running: readonly string[];
  timeLimitMs: number;
}

export interface Services {
  /**
   * For the plan: throws AppError `missing-unit` or `missing-command`, naming all that is missing, and how.
   * Says nothing about whether the services run.
   */
  check(readContext: ReadContext): Promise<void>;
  /** Which services run now, by name. May be called again: it then answers as it did. */
  findRunning(working: RunContext, timeLimitMs: number): Promise<string[]>;
  /** Stops the services and sees that they are down, or throws AppError `services-running`. May be called again. */
  stop(acting: ReadContext & RunContext, work: ServiceWork): Promise<void>;
  /** Starts those that ran, and only those. Returns before they are healthy. May be called again. */
  start(working: RunContext, work: ServiceWork): Promise<void>;
  /**
   * A text that changes when a service is restarted, as far as that can be seen. Reads only.
   * Throws AppError `unhealthy` when a service is down or has failed.
   */
  identify(readContext: ReadContext): Promise<string>;
}
