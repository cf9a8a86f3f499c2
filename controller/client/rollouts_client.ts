// The routes of rollouts as functions.
import type { z } from 'zod';
import { pageOf, type Page } from '../../shared/wire/api.js';
import {
  retriedSchema,
  rolloutSchema,
  rolloutSummarySchema,
  targetSchema,
  type approveBodySchema,
  type Retried,
  type retryBodySchema,
  type Rollout,
  type rolloutBodySchema,
  type RolloutSummary,
  type Target,
  type TargetsQuery,
} from '../../shared/wire/rollouts_api.js';
import { followRollout } from './follow_rollout.js';
import { apiPath, type HttpConnection } from './http_connection.js';
import type { Reconnecting } from './reconnect.js';
import { repeatRequest } from './repeat_request.js';

/** Why a change is made. */
type Because = { reason?: string | undefined };
type PageInput = { limit?: number; cursor?: string };
type TargetsInput = PageInput & { [Key in 'stage' | 'outcome' | 'wave']?: TargetsQuery[Key] | undefined };

export interface RolloutsClient {
  /** The newest first. */
  listRollouts: (query?: PageInput) => Promise<Page<RolloutSummary>>;
  /** With the same `key` it is the same rollout, however often it is asked for; it is repeated where an answer gets lost. */
  startRollout: (body: z.input<typeof rolloutBodySchema> & Because, key: string) => Promise<Rollout>;
  findRollout: (id: string) => Promise<Rollout>;
  /** By wave and slug. */
  listTargets: (id: string, query?: TargetsInput) => Promise<Page<Target>>;
  /** The rollout after each change, whatever happens to the connection; returns it as it has ended. */
  followRollout: (
    id: string,
    signal: AbortSignal,
    following?: Pick<Reconnecting, 'onContact'>,
  ) => AsyncGenerator<Rollout, Rollout, void>;
  pauseRollout: (id: string, body: Because) => Promise<Rollout>;
  resumeRollout: (id: string, body: { failures?: string | undefined } & Because) => Promise<Rollout>;
  abortRollout: (id: string, body: Because) => Promise<Rollout>;
  retryTargets: (id: string, body: z.input<typeof retryBodySchema> & Because) => Promise<Retried>;
  waiveTargets: (id: string, body: { tenants: string[] } & Because) => Promise<Rollout>;
  approve: (id: string, body: z.input<typeof approveBodySchema> & Because) => Promise<Rollout>;
  rollBackRollout: (id: string, body: Because) => Promise<Rollout>;
}

/** Over this connection. */
export function createRolloutsClient(
  connection: HttpConnection,
  means: Pick<Reconnecting, 'clock' | 'random'>,
): RolloutsClient {
  const { ask } = connection;
  const post = (path: string, body: unknown) => ask(rolloutSchema, path, { method: 'POST', body });
  return {
    listRollouts: (query = {}) => ask(pageOf(rolloutSummarySchema), apiPath`/rollouts`, { query }),
    startRollout(body, key) {
      const asking = { method: 'POST', body, headers: { 'idempotency-key': key } } as const;
      return repeatRequest(() => ask(rolloutSchema, apiPath`/rollouts`, asking), {
        ...means,
        shownBy: 'drover rollout list',
      });
    },
    findRollout: (id) => ask(rolloutSchema, apiPath`/rollouts/${id}`),
    listTargets: (id, query = {}) => ask(pageOf(targetSchema), apiPath`/rollouts/${id}/targets`, { query }),
    followRollout: (id, signal, following = {}) => followRollout(id, { connection, ...means, ...following }, signal),
    pauseRollout: (id, body) => post(apiPath`/rollouts/${id}/pause`, body),
    resumeRollout: (id, body) => post(apiPath`/rollouts/${id}/resume`, body),
    abortRollout: (id, body) => post(apiPath`/rollouts/${id}/abort`, body),
    retryTargets: (id, body) => ask(retriedSchema, apiPath`/rollouts/${id}/retry`, { method: 'POST', body }),
    waiveTargets: (id, body) => post(apiPath`/rollouts/${id}/waive`, body),
    approve: (id, body) => post(apiPath`/rollouts/${id}/approve`, body),
    rollBackRollout: (id, body) => post(apiPath`/rollouts/${id}/rollback`, body),
  };
}
