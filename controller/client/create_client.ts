// The controller's API as functions: what they take and give is what the routes do, by the same schemas.
import type { z } from 'zod';
import {
  forgottenSchema,
  healthPath,
  healthSchema,
  hostSchema,
  markBodySchema,
  pageOf,
  tenantSchema,
  tenantVersionSchema,
  upgradeSchema,
  upgradeSummarySchema,
  type cancelBodySchema,
  type HostView,
  type labelsBodySchema,
  type moveBodySchema,
  type Page,
  type planBodySchema,
  type resumeBodySchema,
  type rollbackBodySchema,
  type Tenant,
  type TenantVersion,
  type Upgrade,
  type upgradeBodySchema,
  type upgradesQuerySchema,
  type UpgradeSummary,
} from '../../shared/wire/api.js';
import {
  auditEntrySchema,
  madeTokenSchema,
  tokenSchema,
  type auditQuerySchema,
  type AuditView,
  type MadeToken,
  type newTokenBodySchema,
  type TokenView,
} from '../../shared/wire/access_api.js';
import type { Clock } from '../../shared/os/clock.js';
import { hookRunSchema, type HookRun } from '../../shared/model/hook_runs.js';
import { planSchema, type Plan } from '../../shared/model/plan/plan.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';
import { unreachable } from './explain_unreachable.js';
import { apiPath, createHttpConnection, type HttpConnectionOptions } from './http_connection.js';
import { createJoiningClient, type JoiningClient } from './joining.js';
import { createFleetPlansClient, type FleetPlansClient } from './fleet_plans_client.js';
import { createFreezesClient, type FreezesClient } from './freezes_client.js';
import { createRolloutsClient, type RolloutsClient } from './rollouts_client.js';
import { createWebhooksClient, type WebhooksClient } from './webhooks_client.js';
import { followUpgrade, type Following } from './follow_upgrade.js';
import { repeatRequest } from './repeat_request.js';

/** Why a change is made. */
type Because = { reason?: string | undefined };
type PageInput = { limit?: number; cursor?: string };
type TenantsInput = PageInput & { where?: string | undefined };
type AuditInput = PageInput & Pick<z.input<typeof auditQuerySchema>, 'tenant' | 'host' | 'by' | 'action'>;
type UpgradesInput = PageInput & Pick<z.input<typeof upgradesQuerySchema>, 'tenant' | 'host' | 'status'>;

interface Sent {
  body: unknown;
  key: string | undefined;
}

export interface ClientOptions extends HttpConnectionOptions {
  clock: Clock;
  /** In [0, 1): the jitter of pauses. */
  random: () => number;
}

/** Every function throws AppError: the controller's own, with code and hint, or `unreachable` naming the URL. */
export interface Client extends JoiningClient, WebhooksClient, RolloutsClient, FleetPlansClient, FreezesClient {
  /** The controller's version, once it has accepted the token. */
  checkAccess: () => Promise<string>;
  listTenants: (query?: TenantsInput) => Promise<Page<Tenant>>;
  findTenant: (slug: string) => Promise<Tenant>;
  listVersions: (slug: string, query?: PageInput) => Promise<Page<TenantVersion>>;
  moveTenant: (slug: string, body: z.input<typeof moveBodySchema> & Because) => Promise<Tenant>;
  labelTenant: (slug: string, body: z.input<typeof labelsBodySchema> & Because) => Promise<Tenant>;
  forgetTenant: (slug: string, body: Because) => Promise<z.infer<typeof forgottenSchema>>;
  listHosts: (query?: PageInput) => Promise<Page<HostView>>;
  findHost: (host: string) => Promise<HostView>;
  plan: (slug: string, body: z.input<typeof planBodySchema>, signal?: AbortSignal) => Promise<Plan>;
  /** With the same `key` it is the same upgrade, however often it is asked for; it is repeated where an answer gets lost. */
  upgrade: (slug: string, body: z.input<typeof upgradeBodySchema> & Because, key?: string) => Promise<Upgrade>;
  rollback: (slug: string, body: z.input<typeof rollbackBodySchema> & Because, key?: string) => Promise<Upgrade>;
  /** As `upgrade`. */
  resume: (slug: string, body: z.input<typeof resumeBodySchema> & Because, key?: string) => Promise<Upgrade>;
  mark: (slug: string, body: z.input<typeof markBodySchema>, key?: string) => Promise<void>;
  cancel: (id: string, body: z.input<typeof cancelBodySchema> & Because) => Promise<Upgrade>;
  /** The latest first. */
  listHookRuns: (slug: string, query?: PageInput) => Promise<Page<HookRun>>;
  listUpgrades: (query?: UpgradesInput) => Promise<Page<UpgradeSummary>>;
  findUpgrade: (id: string) => Promise<Upgrade>;
  /** The stream to its end, whatever happens to the connection; returns the upgrade as it is then. */
  followUpgrade: (id: string, signal: AbortSignal, following?: Following) => AsyncGenerator<StreamItem, Upgrade, void>;
  listTokens: (query?: PageInput) => Promise<Page<TokenView>>;
  /** With the token itself, which nobody sees again. It is asked for once: a lost answer is a lost token. */
  createToken: (body: z.input<typeof newTokenBodySchema> & Because) => Promise<MadeToken>;
  revokeToken: (name: string, why: Because) => Promise<TokenView>;
  /** The latest first. */
  listAudit: (query?: AuditInput) => Promise<Page<AuditView>>;
  /** The stream so far as plain text, in pieces. */
  readLog: (id: string) => AsyncGenerator<string, void, void>;
}

/** The client; it connects with its first request. */
export function createClient({ clock, random, ...options }: ClientOptions): Client {
  const connection = createHttpConnection(options);
  const { ask } = connection;
  const send = <Answer>(answer: z.ZodType<Answer>, path: string, { body, key }: Sent): Promise<Answer> => {
    const asking = { method: 'POST', body } as const;
    if (key === undefined) return ask(answer, path, asking);
    const keyed = { ...asking, headers: { 'idempotency-key': key } };
    return repeatRequest(() => ask(answer, path, keyed), { clock, random });
  };
  const order = (path: string, body: unknown, key?: string) => send(upgradeSchema, path, { body, key });
  return {
    ...createJoiningClient(connection),
    ...createWebhooksClient(ask),
    ...createRolloutsClient(connection, { clock, random }),
    ...createFleetPlansClient(ask),
    ...createFreezesClient(ask),
    async checkAccess() {
      const { version } = await ask(healthSchema, healthPath);
      await ask(pageOf(hostSchema), apiPath`/hosts`, { query: { limit: 1 } });
      return version;
    },
    listTenants: (query = {}) => ask(pageOf(tenantSchema), apiPath`/tenants`, { query }),
    findTenant: (slug) => ask(tenantSchema, apiPath`/tenants/${slug}`),
    listVersions: (slug, query = {}) => ask(pageOf(tenantVersionSchema), apiPath`/tenants/${slug}/versions`, { query }),
    moveTenant: (slug, body) => ask(tenantSchema, apiPath`/tenants/${slug}/move`, { method: 'POST', body }),
    labelTenant: (slug, body) => ask(tenantSchema, apiPath`/tenants/${slug}/labels`, { method: 'POST', body }),
    forgetTenant: (slug, body) => ask(forgottenSchema, apiPath`/tenants/${slug}/forget`, { method: 'POST', body }),
    listHosts: (query = {}) => ask(pageOf(hostSchema), apiPath`/hosts`, { query }),
    findHost: (host) => ask(hostSchema, apiPath`/hosts/${host}`),
    plan: (slug, body, signal) => ask(planSchema, apiPath`/tenants/${slug}/plan`, { method: 'POST', body, signal }),
    upgrade: (slug, body, key) => order(apiPath`/tenants/${slug}/upgrade`, body, key),
    rollback: (slug, body, key) => order(apiPath`/tenants/${slug}/rollback`, body, key),
    resume: (slug, body, key) => order(apiPath`/tenants/${slug}/resume`, body, key),
    async mark(slug, body, key) {
      await send(markBodySchema, apiPath`/tenants/${slug}/marks`, { body, key });
    },
    listHookRuns: (slug, query = {}) => ask(pageOf(hookRunSchema), apiPath`/tenants/${slug}/hooks`, { query }),
    cancel: (id, body) => ask(upgradeSchema, apiPath`/upgrades/${id}/cancel`, { method: 'POST', body }),
    listUpgrades: (query = {}) => ask(pageOf(upgradeSummarySchema), apiPath`/upgrades`, { query }),
    findUpgrade: (id) => ask(upgradeSchema, apiPath`/upgrades/${id}`),
    followUpgrade: (id, signal, following = {}) =>
      followUpgrade(id, { connection, clock, random, ...following }, signal),
    listTokens: (query = {}) => ask(pageOf(tokenSchema), apiPath`/tokens`, { query }),
    createToken: (body) => ask(madeTokenSchema, apiPath`/tokens`, { method: 'POST', body }),
    revokeToken: (name, why) => ask(tokenSchema, apiPath`/tokens/${name}/revoke`, { method: 'POST', body: why }),
    listAudit: (query = {}) => ask(pageOf(auditEntrySchema), apiPath`/audit`, { query }),
    async *readLog(id) {
      const { body } = await connection.open(apiPath`/upgrades/${id}/log`);
      if (body === null) return;
      try {
        yield* body.pipeThrough(new TextDecoderStream());
      } catch (error) {
        throw unreachable(options.url, error);
      }
    },
  };
}
