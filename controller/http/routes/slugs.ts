// Whose tenants are whose: the versions that a tenant had, and what admins do with its slug.
import {
  apiPrefix,
  forgottenSchema,
  labelsBodySchema,
  moveBodySchema,
  pageOf,
  pageQuerySchema,
  tenantSchema,
  tenantVersionSchema,
} from '../../../shared/wire/api.js';
import { slugParams } from '../inputs.js';
import { defineRoute, type Route } from '../route.js';

const listVersions = defineRoute({
  method: 'GET',
  path: `${apiPrefix}/tenants/:slug/versions`,
  role: 'viewer',
  summary: 'The versions that a tenant had, as its hosts reported them, the latest first',
  input: { params: slugParams, query: pageQuerySchema.strict() },
  answers: { 200: { description: 'A page of versions', json: pageOf(tenantVersionSchema) } },
  handle: ({ fleet }, { params, query }) => fleet.listVersions(params.slug, query),
});

const moveTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/move`,
  role: 'admin',
  isAudited: true,
  summary: 'Give a tenant to another host',
  description:
    'From then on the controller believes that host about the tenant, and no other. Nothing changes on the hosts. The answer is a problem `busy` while the old host has an order or an upgrade of it that has not ended.',
  input: { params: slugParams, body: moveBodySchema },
  answers: { 200: { description: 'The tenant; `missing` until its new host reports it', json: tenantSchema } },
  handle: ({ fleet }, { params, body }) => fleet.moveTenant(params.slug, body.host),
});

const labelTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/labels`,
  role: 'admin',
  isAudited: true,
  summary: 'Set and remove labels of a tenant',
  description: 'They come before the labels that its host reports, and scopes of tokens go by them alone.',
  input: { params: slugParams, body: labelsBodySchema },
  answers: { 200: { description: 'The tenant', json: tenantSchema } },
  handle: ({ fleet }, { params, body }) => fleet.labelTenant(params.slug, body),
});

const forgetTenant = defineRoute({
  method: 'POST',
  path: `${apiPrefix}/tenants/:slug/forget`,
  role: 'admin',
  isAudited: true,
  summary: 'Forget a tenant that no host reports any more',
  description: 'With its labels and its versions; its upgrades stay. The first host that reports it again gets it.',
  input: { params: slugParams },
  answers: { 200: { description: 'The slug that is forgotten', json: forgottenSchema } },
  async handle({ fleet }, { params }) {
    await fleet.forgetTenant(params.slug);
    return { slug: params.slug };
  },
});

export const slugsRoutes: readonly Route[] = [listVersions, moveTenant, labelTenant, forgetTenant];
