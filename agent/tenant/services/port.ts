// The port to a tenant's services: which run, and how they are stopped and started.
import type { ReadContext, RunContext } from '../site.js';

export interface ServiceWork {
  /** The services that ran before the upgrade, from `findRunning`. */
  running: readonly string[];
  /** For each command. */
  timeLimitMs: number;
}

export interface StartWork extends ServiceWork {
  /**
   * A start command that has not returned by its time limit is left running where the services are up: its processes may
   * be the services. It is reported as `time-limit` all the same.
   */
  isLeftRunning?: boolean;
}

/** What a look at the services found. */
export interface ServicesNow {
  running: string[];
  down: string[];
  /** Those that are known to have failed, and will not come up by themselves. */
  failed: string[];
}

/** Those that take a RunContext throw the AppErrors of its commands besides. */
export interface Services {
  /** Where an operator finds what they said of themselves, as a sentence. */
  readonly whereLogs: string;
  /**
   * For the plan: throws AppError `missing-unit` or `missing-command`, naming all that is missing and why. Changes
   * nothing of the tenant, and does not check whether the services run. May be called again.
   */
  check(readContext: ReadContext): Promise<void>;
  /** The names of the running services; may be empty. Called again within one step, it returns the same answer. */
  findRunning(context: RunContext, timeLimitMs: number): Promise<string[]>;
  /**
   * What runs now. Changes nothing. Throws AppError where it cannot be told.
   */
  look(readContext: ReadContext): Promise<ServicesNow>;
  /**
   * Stops the services and returns once they are down; services that are down already are no error. Throws AppError
   * `services-running` where they are not down by the time limit. May be called again.
   */
  stop(acting: ReadContext & RunContext, work: ServiceWork): Promise<void>;
  /**
   * Starts only the services in `running`. Returns before they are healthy. May be called again, also while they run,
   * and after a `stop` that failed or has not ended.
   */
  start(acting: ReadContext & RunContext, work: StartWork): Promise<void>;
  /**
   * Returns once the started services have stayed up for a moment, as far as the adapter can see that: systemd restarts
   * none of them. Changes nothing. Throws AppError `unhealthy` where one is down or was restarted.
   */
  settle(readContext: ReadContext, running: readonly string[]): Promise<void>;
  /**
   * A text that changes when a service is restarted, as far as the adapter can see that: by systemd, or by the pids that
   * a status command prints (`pid 123`, or a line that is a number). Changes nothing. Throws
   * AppError `unhealthy` when a service has failed.
   */
  identify(readContext: ReadContext): Promise<string>;
}
