// The port to a tenant's requirements: what a version needs installed before it can run.
import type { Plan } from '../../../shared/model/plan.js';
import type { ReadContext, RunContext } from '../site.js';
import type { Tree } from '../tree.js';

type RequirementsPlan = Plan['requirements'];

interface RequirementsLook {
  tree: Tree;
  previousCommit: string;
  targetCommit: string;
  readContext: ReadContext;
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

/** All of these may be called again; those that work throw the AppErrors of their commands. */
export interface Requirements {
  /** Throws AppError `missing-command`, `missing-file` or `config`. */
  plan(look: RequirementsLook): Promise<{ plan: RequirementsPlan; warnings: string[] }>;
  /** What `undo` needs to know of the state before; null when it needs nothing. */
  readPrevious(readContext: ReadContext): Promise<string | null>;
  /** Work with the services still up, which leaves the tenant untouched. */
  prepare(working: RunContext, work: RequirementsWork): Promise<void>;
  install(working: RunContext, work: RequirementsWork): Promise<void>;
  /** Puts back what was before `install`, also when that has not begun or not ended. */
  undo(working: RunContext, work: RequirementsWork): Promise<void>;
  /** After success: removes what earlier upgrades kept for their undo; what this one's undo needs stays. */
  discard(working: RunContext, work: RequirementsWork): Promise<void>;
}
