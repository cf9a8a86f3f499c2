// What the commands of every program do with upgrades. `drover-agent` does it over its agent's local socket, `drover` over
// HTTP; one contract test runs against both.
import type { Event } from '../model/journal/events.js';
import type { HookRun } from '../model/hook_runs.js';
import type { Mark } from '../model/mark.js';
import type { Plan } from '../model/plan/plan.js';
import type { UpgradeRequest } from '../model/request.js';
import type { Result } from '../model/result.js';
import type { TenantVersion } from '../model/report/tenant_version.js';
import type { UpgradeOutline } from '../model/upgrade_outline.js';
import type { StreamItem } from '../model/journal/stream_item.js';

/** The upgrade that a request started, continued or found. */
export interface Started {
  id: string;
  tenant: string;
  /** As it was when the request was answered. */
  result: Result;
  /**
   * Whether this event is the request's own. The first such event begins what belongs to the request, and the first
   * `finish` from there on is its end; an earlier one ended another request. If none is, the stream's end is the end.
   */
  isOwn(event: Event): boolean;
}

/** Why the stream has nothing new. */
export interface Waiting {
  text: string;
  /** It may take minutes or more. */
  isLong: boolean;
}

export interface Following {
  /** True: to the end of the request. False: what is stored now. */
  live: boolean;
  signal: AbortSignal;
  /** Called when what the stream waits for changes; null when items arrive. */
  onWaiting: (waiting: Waiting | null) => void;
}

/** Every function throws AppError; `target` is the id of an upgrade or a tenant. */
export interface Operations {
  /** Checks what an upgrade would do, and touches nothing of the tenant. */
  plan(tenant: string, request: UpgradeRequest): Promise<Plan>;
  /** Asks for an upgrade; `startWithinS` seconds later it may no longer begin. A refused one has a result too. */
  upgrade(tenant: string, request: UpgradeRequest, options: { startWithinS: number | undefined }): Promise<Started>;
  /** Rolls the tenant's latest upgrade back. */
  rollback(tenant: string, options: { restoreDatabase: boolean }): Promise<Started>;
  /** Resumes the upgrade that needs an operator, or accepts the tenant as it is. */
  resume(tenant: string, options: { accept: boolean }): Promise<Started>;
  /** Marks the hooks of a tag as done or skipped, or removes the mark; resolves when the host has stored that. */
  mark(tenant: string, mark: Mark): Promise<void>;
  /** The hooks that ran for a tenant, the latest last, from the upgrades whose logs are kept. */
  listHookRuns(tenant: string): Promise<HookRun[]>;
  /** The upgrades of a tenant that are known, the newest first. */
  listUpgrades(tenant: string): Promise<UpgradeOutline[]>;
  /** The versions that the tenant was reported with, the latest first; null where this program does not keep them. */
  listVersions(tenant: string): Promise<TenantVersion[] | null>;
  /** Cancels the upgrade, or the one that the tenant has queued or running. */
  cancel(target: string, options: { force: boolean }): Promise<Started>;
  /** The upgrade of this id; of a tenant the one that is running, otherwise the latest. */
  find(target: string): Promise<Started>;
  /**
   * The whole stream from its first event. Returns the result at the request's own end, or as far as the stream goes.
   * Rejects when `signal` aborts; the upgrade itself continues.
   */
  follow(started: Started, following: Following): AsyncGenerator<StreamItem, Result, void>;
  /** Ends the connection, if there is one. May be called again. */
  close(): void;
}
