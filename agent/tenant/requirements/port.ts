// The port to a tenant's requirements: what a version needs installed before it can run.
import type { Plan } from '../../../shared/model/plan/plan.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import type { DiskNeed } from '../database/port.js';
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
  warnings: Warning[];
  /** The estimated space for what is built, and for what is kept for a rollback. */
  needs: DiskNeed[];
}

/** What the adapters know about the upgrade. */
export interface RequirementsWork {
  upgradeId: string;
  plan: RequirementsPlan;
  tree: Tree;
  targetCommit: string;
  /** Where files of the target are written for the tenant to read; the folder above exists. */
  exportDir: string;
  /** The answer of `readPrevious` from before the upgrade changed anything. */
  previous: string | null;
  /** For each command. */
  timeLimitMs: number;
}

/**
 * All of these may be called again with the same work. Those that take a RunContext throw the AppErrors of its
 * commands; an adapter with nothing to do for one of them runs no command.
 */
export interface Requirements {
  /**
   * What an upgrade between these commits would do; changes nothing. Equal requirements plan to be `unchanged`, where
   * the adapter can tell. Throws AppError `missing-command`, `missing-file` or `config`.
   */
  plan(question: RequirementsQuestion): Promise<RequirementsAnswer>;
  /** What `undo` needs to know about the state before `install`; null when it needs nothing. Changes nothing. */
  readPrevious(readContext: ReadContext): Promise<string | null>;
  /** Work while the services are up. It does not change what the tenant uses now, so it needs no undo. */
  prepare(context: RunContext, work: RequirementsWork): Promise<void>;
  /** Makes the tenant use what the target asks for; after `prepare`, with the services stopped. */
  install(context: RunContext, work: RequirementsWork): Promise<void>;
  /**
   * Puts back what the tenant used before `install`, or does nothing where the plan warned that it cannot. May be
   * called after an `install` that has not begun, has not ended or has failed, and after an interrupted undo.
   */
  undo(context: RunContext, work: RequirementsWork): Promise<void>;
  /**
   * After success: removes what earlier upgrades kept for their undo. Keeps what this upgrade's undo needs, for an
   * operator's rollback.
   */
  discard(context: RunContext, work: RequirementsWork): Promise<void>;
}
