// Tenants: their state, their plans, and orders for them.
import { hookRunSchema } from '../../../shared/model/hook_runs.js';
import { planSchema } from '../../../shared/model/plan/plan.js';
import {
  apiPrefix,
  markBodySchema,
  pageOf,
  pageQuerySchema,
  planBodySchema,
  resumeBodySchema,
  rollbackBodySchema,
  tenantSchema,
  tenantsQuerySchema,
  upgradeBodySchema,
  upgradeSchema,
} from '../../../shared/wire/api.js';
import { keyHeaders, orderHeaders, slugParams } from '../inputs.js';
import { answerUpgrade } from '../prefer_wait.js';
import { defineRoute, type Route } from '../route.js';

const ended = { 200: { description: 'The upgrade has ended (with `Prefer: wait`)', json: upgradeSchema } };

const listTenants = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tenants`,
  role: 'viewer',
  summary: 'The tenants of the fleet, sorted by name',
  input: { query: tenantsQuerySchema.strict() },
  answers: { 200: { description: 'A page of tenants', json: pageOf(tenantSchema) } },
  handle: ({ fleet }, { query }) => fleet.listTenants(query),
});

const getTenant = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tenants/:slug`,
  role: 'viewer',
  summary: 'One tenant, as its host last reported it',
  input: { params: slugParams },
  answers: { 200: { description: 'The tenant', json: tenantSchema } },
  handle: ({ fleet }, { params }) => fleet.findTenant(params.slug),
});

const planTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/plan`,
  role: 'operator',
  summary: 'What an upgrade would do, without touching the tenant',
  description: "The tenant's agent makes it. The answer is a problem `offline` if the host is offline.",
  input: { params: slugParams, body: planBodySchema },
  answers: { 200: { description: 'The plan', json: planSchema } },
  async handle({ fleet, waiting }, { params, body }, { signal }) {
    waiting.admit(signal);
    return fleet.plan(params.slug, body, signal);
  },
});

const upgradeTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/upgrade`,
  role: 'operator',
  isAudited: true,
  summary: 'Upgrade a tenant',
  description:
    'The controller stores the order and offers it to the host until the host answers or `start_within_s` is over.',
  input: { params: slugParams, headers: orderHeaders, body: upgradeBodySchema },
  answers: {
    ...ended,
    202: { description: 'The order is stored; `Location` is the upgrade', json: upgradeSchema },
  },
  async handle(services, { params, headers, body }, call) {
    const upgrade = await services.fleet.upgrade(params.slug, body, headers['idempotency-key']);
    return answerUpgrade(services, { upgrade, prefer: headers.prefer }, call);
  },
});

const rollBackTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/rollback`,
  role: 'operator',
  isAudited: true,
  summary: "Roll back a tenant's latest upgrade",
  description: 'The answer is a problem `offline` if the host is offline.',
  input: { params: slugParams, headers: orderHeaders, body: rollbackBodySchema },
  answers: {
    ...ended,
    202: { description: 'The host rolls the upgrade back; `Location` is the upgrade', json: upgradeSchema },
  },
  async handle(services, { params, headers, body }, call) {
    const upgrade = await services.fleet.rollback(params.slug, body, headers['idempotency-key']);
    return answerUpgrade(services, { upgrade, prefer: headers.prefer }, call);
  },
});

const resumeTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/resume`,
  role: 'operator',
  isAudited: true,
  summary: "Resume a tenant's upgrade that needs an operator, or accept the tenant as it is",
  description:
    'The host allows it by `allow_remote: [resume]` in the tenant file. The answer is a problem `offline` if the host is offline.',
  input: { params: slugParams, headers: orderHeaders, body: resumeBodySchema },
  answers: {
    ...ended,
    202: { description: 'The host resumes the upgrade, or has accepted it; `Location` is it', json: upgradeSchema },
  },
  async handle(services, { params, headers, body }, call) {
    const upgrade = await services.fleet.resume(params.slug, body, headers['idempotency-key']);
    return answerUpgrade(services, { upgrade, prefer: headers.prefer }, call);
  },
});

const markHooks = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/marks`,
  role: 'operator',
  isAudited: true,
  summary: "Mark a tag's hooks as done or skipped, so that they do not run for a tenant; or remove the mark",
  description:
    'The host allows it by `allow_remote: [mark-hooks]` in the tenant file. The answer is a problem `offline` if the host is offline.',
  input: { params: slugParams, headers: keyHeaders, body: markBodySchema },
  answers: { 200: { description: 'The mark, which the host has stored', json: markBodySchema } },
  async handle({ fleet }, { params, headers, body }) {
    await fleet.mark(params.slug, body, headers['idempotency-key']);
    return body;
  },
});

const listHookRuns = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tenants/:slug/hooks`,
  role: 'viewer',
  summary: 'The hooks that ran for a tenant, the latest first, from the logs that are kept',
  description: 'A page has `limit` hooks or some more: it ends with a whole upgrade.',
  input: { params: slugParams, query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of hooks', json: pageOf(hookRunSchema) } },
  handle: ({ fleet }, { params, query }) => fleet.listHookRuns(params.slug, query),
});

export const tenantsRoutes: readonly Route[] = [
  listTenants,
  getTenant,
  listHookRuns,
  planTenant,
  upgradeTenant,
  rollBackTenant,
  resumeTenant,
  markHooks,
];
