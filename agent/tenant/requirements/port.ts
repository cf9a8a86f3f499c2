// The port to a tenant's requirements: what a version needs installed before it can run.
import type { Plan } from '../../../shared/model/plan.js';
import type { ReadContext, RunContext } from '../site.js';
import type { Tree } from '../tree.js';

type RequirementsPlan = Plan['requirements'];

export interface RequirementsQuestion {
  tree: Tree;
  previousCommit: string;
  targetCommit: string;
  readContext: ReadContext;
}

export interface RequirementsAnswer {
  plan: RequirementsPlan;
  warnings: string[];
}

/** All that an upgrade knows when it works on the requirements. */
export interface RequirementsWork {
  upgradeId: string;
  plan: RequirementsPlan;
  tree: Tree;
  targetCommit: string;
  /** Where files of the target are written for the tenant to read; the folder above exists. */
  exportDir: string;
  /** What `readPrevious` said before the upgrade touched anything. */
  previous: string | null;
  /** For each command. */
  timeLimitMs: number;
}

/**
 * All of these may be called again with the same work. Those that take a RunContext throw the AppErrors of its commands;
 * an adapter with nothing to do for one of them runs no command.
 */
export interface Requirements {
  /**
   * What an upgrade between these commits would do; changes nothing. Equal requirements plan to be `unchanged`, where the
   * adapter can tell. Throws AppError `missing-command`, `missing-file` or `config`.
   */
  plan(question: RequirementsQuestion): Promise<RequirementsAnswer>;
  /** What `undo` needs to know of the state before, to be asked before `install`; null when it needs nothing. Changes nothing. */
  readPrevious(readContext: ReadContext): Promise<string | null>;
  /** Work with the services still up: what the tenant uses now is untouched by it. Leaves nothing for an undo to take back. */
  prepare(working: RunContext, work: RequirementsWork): Promise<void>;
  /** Makes the tenant use what the target asks for; after `prepare`, with the services stopped. */
  install(working: RunContext, work: RequirementsWork): Promise<void>;
  /**
   * Puts back what the tenant used before `install`, or does nothing where the plan warned that it cannot. It may follow an `install` that has not begun, has not ended or has
   * failed, and an undo that was interrupted.
   */
  undo(working: RunContext, work: RequirementsWork): Promise<void>;
  /**
   * After success: removes what earlier upgrades kept for their undo. What the undo of this one needs stays, for an
   * operator's rollback.
   */
  discard(working: RunContext, work: RequirementsWork): Promise<void>;
}
