// Fleet plans: what an upgrade of many tenants would do, grouped by what is the same.
import { apiPrefix, pageOf, pageQuerySchema } from '../../../shared/wire/api.js';
import { fleetPlanBodySchema, fleetPlanSchema, fleetPlanSummarySchema } from '../../../shared/wire/rollouts_api.js';
import { fleetPlanParams } from '../inputs.js';
import { defineRoute, type Route } from '../route.js';

const planFleet = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/plan`,
  role: 'operator',
  isAudited: true,
  summary: 'Plan an upgrade of many tenants: ask their hosts, and group them by plan',
  description:
    'Nothing is touched. The plan grows as the hosts answer; `GET /rollouts/plans/{id}` shows how far it is.',
  input: { body: fleetPlanBodySchema },
  answers: { 202: { description: 'The fleet plan, which has begun', json: fleetPlanSchema } },
  async handle({ rollouts }, { body }, { reply }) {
    const plan = await rollouts.planFleet(body);
    reply.status(202);
    return plan;
  },
});

const listPlans = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/rollouts/plans`,
  role: 'viewer',
  summary: 'Fleet plans, the newest first',
  input: { query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of fleet plans', json: pageOf(fleetPlanSummarySchema) } },
  handle: ({ rollouts }, { query }) => rollouts.listPlans(query),
});

const getPlan = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/rollouts/plans/:id`,
  role: 'viewer',
  summary: 'One fleet plan, with its classes',
  input: { params: fleetPlanParams },
  answers: { 200: { description: 'The fleet plan so far', json: fleetPlanSchema } },
  handle: ({ rollouts }, { params }) => rollouts.findPlan(params.id),
});

const cancelPlan = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/rollouts/plans/:id/cancel`,
  role: 'operator',
  isAudited: true,
  summary: 'End a fleet plan with what it has',
  input: { params: fleetPlanParams },
  answers: { 200: { description: 'The fleet plan', json: fleetPlanSchema } },
  handle: ({ rollouts }, { params }) => rollouts.cancelPlan(params.id),
});

export const fleetPlansRoutes: readonly Route[] = [planFleet, listPlans, getPlan, cancelPlan];
