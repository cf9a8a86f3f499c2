// The routes of fleet plans as functions.
import type { z } from 'zod';
import { pageOf, type Page } from '../../shared/wire/api.js';
import {
  fleetPlanSchema,
  fleetPlanSummarySchema,
  type FleetPlan,
  type fleetPlanBodySchema,
  type FleetPlanSummary,
} from '../../shared/wire/rollouts_api.js';
import { apiPath, type HttpConnection } from './http_connection.js';

/** Why a change is made. */
type Because = { reason?: string | undefined };

export interface FleetPlansClient {
  /** Begins one; it grows as the hosts answer. */
  planFleet: (body: z.input<typeof fleetPlanBodySchema> & Because) => Promise<FleetPlan>;
  /** The newest first. */
  listFleetPlans: (query?: { limit?: number; cursor?: string }) => Promise<Page<FleetPlanSummary>>;
  findFleetPlan: (id: string) => Promise<FleetPlan>;
  cancelFleetPlan: (id: string, body: Because) => Promise<FleetPlan>;
}

/** Over this connection. */
export function createFleetPlansClient(ask: HttpConnection['ask']): FleetPlansClient {
  const post = (path: string, body: unknown) => ask(fleetPlanSchema, path, { method: 'POST', body });
  return {
    planFleet: (body) => post(apiPath`/rollouts/plan`, body),
    listFleetPlans: (query = {}) => ask(pageOf(fleetPlanSummarySchema), apiPath`/rollouts/plans`, { query }),
    findFleetPlan: (id) => ask(fleetPlanSchema, apiPath`/rollouts/plans/${id}`),
    cancelFleetPlan: (id, body) => post(apiPath`/rollouts/plans/${id}/cancel`, body),
  };
}
