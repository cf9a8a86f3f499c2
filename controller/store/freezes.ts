// Freezes, as the store keeps them.
import type { Page, PageQuery } from '../../shared/wire/api.js';
import type { Selection } from '../../shared/selection/selection.js';
import type { Actor } from './access.js';

export interface StoredFreeze {
  name: string;
  where: string | null;
  begins_at: string;
  /** Null until somebody ends it. */
  ends_at: string | null;
  zone: string;
  created_at: string;
  created_by: string;
  why: string | null;
  exceptions: { slug: string; by: string; why: string; at: string }[];
}

/** While a freeze is active, the transaction that stores an upgrade refuses one of its tenants (AppError `frozen`). */
export interface FreezeStore {
  /** Throws AppError `busy` where a freeze that has not ended has the name. */
  add(freeze: Omit<StoredFreeze, 'exceptions'> & { selection: Selection | null }, actor: Actor): Promise<void>;
  list(query: PageQuery & { now: string }, scope: Selection | null): Promise<Page<StoredFreeze>>;
  /** Throws AppError `unknown-freeze` for a name that no freeze has which has not ended. */
  end(name: string, change: { at: string; actor: Actor }): Promise<StoredFreeze>;
  /** Throws AppError `unknown-freeze`, `unknown-tenant`, or `invalid` for more exceptions than a freeze may have. */
  except(name: string, tenants: readonly string[], change: { at: string; actor: Actor }): Promise<StoredFreeze>;
}
