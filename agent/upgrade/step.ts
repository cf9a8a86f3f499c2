// What a step of the pipeline is, and what its bodies may use.
import type { Clock } from '../../shared/os/clock.js';
import type { Verdict } from '../../shared/model/events.js';
import type { StepName } from '../../shared/model/step_names.js';
import type { Plan } from '../../shared/model/plan.js';
import type { TenantConfig } from '../config/tenant_config.js';
import type { ReadContext, RunContext } from '../tenant/site.js';
import type { CheckContext } from './check_context.js';
import type { Memo } from './memo.js';
import type { Progress } from '../../shared/model/progress.js';
import type { Features } from './features.js';

/** What `prepare`, `run` and `undo` work with. All of it may be called again: what was done is in the journal. */
export interface StepContext extends RunContext, ReadContext {
  id: string;
  plan: Plan;
  config: TenantConfig;
  features: Features;
  memo: Memo;
  progress: Progress;
  /** What undoing the commit point found, of an agent before this one that could not write it down. */
  verdictBefore: Verdict | null;
  clock: Clock;
  /** True when a hook or a migration of this upgrade has begun. */
  hasRunTenantCode: boolean;
  /** True when the host has been booted since this upgrade ran its first command: what ran then runs no more. */
  hasRebooted: boolean;
  /** A line of the result's `details`. */
  say: (text: string) => void;
  warn: (text: string) => void;
  /** Does something that is no command: the journal is on the disk before it. */
  afterFlush: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What a step does, in its file; a step without `undo` has nothing of its own to undo. */
export interface StepBodies<Context = StepContext> {
  /** Its part of the plan; reads and fetches, and touches nothing of the tenant. */
  check?(context: CheckContext): Promise<void>;
  /** Slow work that leaves the tenant untouched, done while its services are up. */
  prepare?(context: Context): Promise<void>;
  run(context: Context): Promise<void>;
  undo?(context: Context): Promise<Verdict | void>;
}

/** A step of the pipeline: its name, its messages, what a lost command and a cancel do, and its bodies. */
export interface Step<Context = StepContext> extends StepBodies<Context> {
  name: StepName;
  /** For documents and plans: what it does, and how that is undone. */
  does: string;
  undone?: string;
  /** The lines of `details` when it begins and when it has succeeded. */
  messages?: { begin?: string; end?: string };
  /** Undone even where a failed upgrade stays on what it reached: the services are started again. */
  undoneOnStay?: true;
  /** What becomes of a command that the host lost. */
  lost: 'again' | 'fail';
  /** What a cancel does while it runs. */
  cancel: 'now' | 'force' | 'never';
}
