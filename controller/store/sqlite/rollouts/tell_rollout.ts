// Tells webhooks of a rollout, in the transaction of the change.
import type { WebhookEventKind } from '../../../../shared/model/webhook_events.js';
import type { Sql } from '../database/database.js';
import { isWanted, queueEvent } from '../webhooks/webhook_events.js';
import { findRollout } from './read_now.js';

type RolloutKind = Extract<WebhookEventKind, `rollout.${string}`>;

/** As it is stored now; only those without a scope are told, for it may have tenants that others do not see. */
export function tellRollout(sql: Sql, id: string, { kind, at }: { kind: RolloutKind; at: string }): void {
  const rollout = isWanted(sql, kind) ? findRollout(sql, id, null) : null;
  if (rollout === null) return;
  const { version, commit, state, direction, why, counts } = rollout;
  queueEvent(
    sql,
    { kind, data: { rollout: id, version, commit, state, direction, why, counts, at } },
    { tenant: null, host: null, at },
  );
}
