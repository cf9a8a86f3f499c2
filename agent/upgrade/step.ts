// The types of a step of the pipeline and of the context that its bodies use.
import type { Clock } from '../../shared/os/clock.js';
import type { Verdict } from '../../shared/model/journal/events.js';
import type { StepName } from '../../shared/model/step_names.js';
import type { Plan } from '../../shared/model/plan/plan.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import type { ReadContext, RunContext } from '../tenant/site.js';
import type { CheckContext } from './plan/check_context.js';
import type { Memo } from './memo.js';
import type { Progress } from '../../shared/model/journal/progress.js';
import type { Features } from './features.js';

/**
 * The context of `prepare`, `run` and `undo`. Everything in it may be called again: the journal holds what was done.
 */
export interface StepContext extends RunContext, ReadContext {
  id: string;
  plan: Plan;
  config: TenantConfig;
  features: Features;
  memo: Memo;
  progress: Progress;
  /** The verdict from the undo of the commit point by an earlier agent that could not write the journal. */
  verdictBefore: Verdict | null;
  clock: Clock;
  /** True when a hook or a migration of this upgrade has begun. */
  hasRunTenantCode: boolean;
  /** True when the host has booted since this upgrade's first command: processes from before have ended. */
  hasRebooted: boolean;
  /** A line of the result's `details`. */
  say: (text: string) => void;
  warn: (text: string) => void;
  /** Does work that is no command, once the journal is on the disk. */
  afterFlush: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The bodies of a step. A step without `undo` has nothing of its own to undo. */
export interface StepBodies<Context = StepContext> {
  /** Its part of the plan: reads and fetches, and does not touch the tenant. */
  check?(context: CheckContext): Promise<void>;
  /** Slow work while the services are up; does not touch the tenant. */
  prepare?(context: Context): Promise<void>;
  run(context: Context): Promise<void>;
  undo?(context: Context): Promise<Verdict | void>;
}

/** A step of the pipeline: its name, its messages, what a lost command and a cancel do, and its bodies. */
export interface Step<Context = StepContext> extends StepBodies<Context> {
  name: StepName;
  /** For documents and plans: what the step does, and what its undo does. */
  does: string;
  undone?: string;
  /** For the message of an undo that failed: what was being done. */
  undoing?: string;
  /** The lines of `details` when it begins and when it has succeeded. */
  messages?: { begin?: string; end?: string };
  /** True when `on_failure: stay` undoes this step, too: the services are started again. */
  undoneOnStay?: true;
  /** What happens to a lost command. */
  lost: 'again' | 'fail';
  /** What a cancel does while it runs. */
  cancel: 'now' | 'force' | 'never';
}
