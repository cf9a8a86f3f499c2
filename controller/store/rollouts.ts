// Rollouts, as the store keeps them.
import type { Page, PageQuery } from '../../shared/wire/api.js';
import type { Direction, Outcome, RolloutSettings, RolloutState, TargetStage } from '../../shared/model/rollout.js';
import type { Selection } from '../../shared/selection/selection.js';
import type { RolloutCounts, TargetsQuery } from '../../shared/wire/rollouts_api.js';
import type { Actor, Key } from './access.js';
import type { NewOrder } from './order.js';

/** A rollout, without its targets. Times are ISO 8601. */
export interface StoredRollout {
  id: string;
  version: string;
  commit: string;
  /** The selection as it was written. */
  where: string | null;
  /** The fleet plan that it took its classes from, or null. */
  plan: string | null;
  settings: RolloutSettings;
  state: RolloutState;
  direction: Direction;
  /** Why it is paused or halted, for people; null while it runs. */
  why: string | null;
  /** When its state was last set. */
  since: string;
  /** At so many counted failures it halts. */
  budget: number;
  /** The approved plan classes; null for one without a fleet plan: there every plan runs. */
  approved: readonly string[] | null;
  /** What the canary does not cover, for people. */
  canary_misses: readonly string[];
  waves: readonly StoredWave[];
  /** As the last step left them, over all targets; for lists. Null before the first step, and for an asker with a scope. */
  counts: RolloutCounts | null;
  estimated_end: string | null;
  created_at: string;
  created_by: string;
  ended_at: string | null;
}

export interface StoredWave {
  /** From 0 for the canary. */
  no: number;
  /** `canary`, the share, or `rest`. */
  name: string;
  opened_at: string | null;
  /** All of it has settled, and it may be followed by the next one when it has soaked. */
  passed_at: string | null;
  /** Somebody has said that it may open. */
  approved_at: string | null;
}

/** A target as `decide` sees it: its own row, what became of its last upgrade, and what holds its tenant. */
export interface StoredTarget {
  slug: string;
  /** The host that has it now; while its attempt is open, that attempt's. */
  host: string;
  /** Null for one that was on the target, or above it, when the rollout was started. */
  wave: number | null;
  stage: TargetStage;
  /** Of the last attempt, once it has ended. */
  outcome: Outcome | null;
  /** How many attempts were offered; 0 before the first. */
  attempt: number;
  /** The upgrade of the last attempt. */
  upgrade: string | null;
  /** When somebody last said that it is tried again. */
  retried_at: string | null;
  /** When its last order was stored, when its upgrade began, when that ended; by the controller's clock. */
  ordered_at: string | null;
  began_at: string | null;
  ended_at: string | null;
  /** The withdrawal of the last attempt is asked for. */
  is_withdrawn: boolean;
  /** It was waived while its host was away, and its upgrade has not begun: that is to be withdrawn. */
  holds_order: boolean;
  plan_class: string | null;
  signature: string | null;
  /** The tenant has failed at this very commit before, and nobody has said that it is mended: that failure's signature. */
  failed_before: string | null;
  /** The version that its host reports; null where the last attempt succeeded, too. */
  version: string | null;
  /** The id of another open upgrade of the tenant, or null. */
  other_upgrade: string | null;
  /** The name of an active freeze that holds it, or null. */
  frozen_by: string | null;
  /** When the next planned freeze that will hold it begins, or null. */
  frozen_from: string | null;
  /** The rollback of it that the rollout has ordered: how far that is. */
  rollback: 'open' | 'done' | 'failed' | null;
}

/** All that `decide` needs of the store, read in one transaction. */
export interface RolloutNow {
  rollout: StoredRollout;
  targets: readonly StoredTarget[];
  /** How many upgrades of other origin are open on each host that has a target. */
  busy: ReadonlyMap<string, number>;
  /** When a host was last connected, looked up when it is asked for; not of those that never were. */
  seen: Pick<ReadonlyMap<string, string>, 'get'>;
  /** The slugs whose latest upgrade is this rollout's, looked up when it is asked for: only these may it roll back. */
  latest: Pick<ReadonlySet<string>, 'has'>;
  /** When the next planned freeze begins, or an active one ends; null for never. */
  next_freeze_at: string | null;
}

/** What `decide` wants done; one transaction does it all. */
export interface RolloutActions {
  /** New attempts. The store refuses none of them: it ran `decide` on what it read in the same transaction. */
  starts: readonly { slug: string; expires_at: string }[];
  /** Rollbacks of successes. */
  rollbacks: readonly { slug: string; expires_at: string }[];
  /** Ends what was never offered at once, and asks the host to withdraw what has not begun. */
  withdrawals: readonly string[];
  /** Targets that settle without an attempt: `expired` ones, and those that are on the target by now (`skipped`). */
  settled: readonly { slug: string; as: 'expired' | 'skipped' }[];
  waves: readonly { no: number; opened_at?: string; passed_at?: string }[];
  /** The rollout's own next state; null leaves it. */
  becomes: { state: RolloutState; why: string | null } | null;
  /** For lists; written where they differ from what is stored. */
  counts: RolloutCounts;
  estimated_end: string | null;
}

/** An order that was stored, to be sent right after the commit. */
export interface PlacedOrder {
  host: string;
  order: NewOrder;
}

export interface NewRollout {
  id: string;
  version: string;
  commit: string;
  where: string | null;
  selection: Selection | null;
  /** The scope of who starts it. */
  scope: Selection | null;
  plan: string | null;
  settings: RolloutSettings;
  approved: readonly string[] | null;
  at: string;
}

/** A tenant that the selection selects, before it is put into a wave. */
export interface Candidate {
  slug: string;
  host: string;
  version: string | null;
  plan_class: string | null;
  is_connected: boolean;
}

/** How candidates are put into waves; pure, and called in the transaction that stores them. */
export type Arrange = (candidates: readonly Candidate[]) => {
  waves: readonly { name: string; slugs: readonly string[] }[];
  skipped: readonly string[];
  canary_misses: readonly string[];
  budget: number;
};

/** What a person changes of a rollout; pure, in the transaction. Throws nothing: an AppError that is returned refuses. */
export interface RolloutChange {
  state?: RolloutState;
  direction?: Direction;
  why?: string | null;
  budget?: number;
  approve?: readonly string[];
  approve_wave?: number;
  /** They are tried again: their next attempt may be offered. */
  retry?: readonly string[];
  waive?: readonly string[];
  /** Their rollbacks have failed, and are ordered again. */
  roll_back_again?: readonly string[];
  /** Failures of these tenants at this commit count as mended. */
  fixed?: readonly string[];
}

export interface RolloutStore {
  /**
   * Starts a rollout, with its targets, in one transaction. A repeated request with the key resolves with the first one's
   * id. Throws AppError `overlap` naming the tenant and the rollout that has it, `invalid` for a selection that matches
   * nothing, `key-reused`; then nothing is stored.
   */
  start(
    rollout: NewRollout,
    options: { arrange: Arrange; isConnected: (host: string) => boolean; key: Key | null; actor: Actor },
  ): Promise<{ id: string; isNew: boolean }>;
  find(id: string, scope: Selection | null): Promise<StoredRollout | null>;
  /** The newest first; the cursor is the id of the last one shown. */
  list(query: PageQuery, scope: Selection | null): Promise<Page<StoredRollout>>;
  /** Those that have not ended. */
  listOpen(): Promise<string[]>;
  /** The targets that the scope sees, all of them: for counts and reasons. */
  read(id: string, scope: Selection | null): Promise<RolloutNow | null>;
  /** In order of wave and slug. What was just read of the rollout, in this scope, is not read again. */
  listTargets(
    of: string | RolloutNow,
    query: TargetsQuery,
    scope: Selection | null,
  ): Promise<Page<StoredTarget & TargetDetail>>;
  /**
   * Reads the rollout, lets `decide` say what to do, and does it, all in one transaction: the last one of its commit, so that
   * no end of an upgrade is stored between what `decide` saw and what it ordered. Resolves with the orders to send, or null
   * for a rollout that has ended.
   */
  step(id: string, decide: (now: RolloutNow) => RolloutActions, options: StepOptions): Promise<PlacedOrder[] | null>;
  /**
   * A person's change, with its entry in the audit log. `work` returns the change, or the refusal. Throws AppError
   * `unknown-rollout`, or the refusal; then nothing is stored.
   */
  change(
    id: string,
    work: (now: RolloutNow) => RolloutChange | Error,
    asked: { actor: Actor; action: string; at: string; scope: Selection | null },
  ): Promise<StoredRollout>;
  /** Pauses every open rollout; how many there were. */
  pauseAll(why: string): Promise<number>;
}

/** What lists show of a target besides. */
export interface TargetDetail {
  step: string | null;
  message: string | null;
  steps: { name: string; status: string; ms: number }[];
  upgrade_version: string | null;
}

export interface StepOptions {
  at: string;
  makeId: () => string;
  /** The host is connected, and has announced its journals: its orders are marked as offered, for they are sent at once. */
  isOffered: (host: string) => boolean;
}
