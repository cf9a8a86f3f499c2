// A controller with two hosts, tenants, upgrades, rollouts and changes, some of which a scope hides: those have `hidden` in every name.
// And tokens of every role and scope.
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createAccess } from '../../../../../controller/auth/access.js';
import { hashToken } from '../../../../../controller/auth/token.js';
import { upgradeBodySchema } from '../../../../../shared/wire/api.js';
import type { Role } from '../../../../../shared/model/roles.js';
import type { ReportedTenant } from '../../../../../shared/model/report/report.js';
import { systemClock } from '../../../../../shared/os/clock.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { startRig, type ControllerRig } from '../../../../helpers/controller/controller_rig.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import { startApi } from '../../../../helpers/controller/serve_api.js';
import { makeStream } from '../../../../helpers/controller/stored_streams.js';
import { addRollouts, type AddedRollouts } from './add_rollouts.js';

/** Sees the tenant acme, and its host h1. */
export const ownScope = 'slug=acme';
/** Sees nothing that there is. */
export const otherScope = 'slug=nothing';

export interface World {
  rig: ControllerRig;
  /** Ids of upgrades that have ended, of acme and of a hidden tenant. */
  own: string;
  hidden: string;
  /** The same of acme, from when a hidden host had it. */
  former: string;
  added: AddedRollouts;
  /** The id of a join token. */
  joinToken: string;
  /** A request with this token, or with none. */
  ask(path: string, init?: RequestInit & { token?: string }): Promise<Response>;
  makeToken(role: Role, scope?: string | null): Promise<string>;
}

const at = '2026-01-01T00:00:00.000Z';
const actor = (name: string) => ({ token: name, name, address: '192.0.2.1', reason: `a reason of ${name}` });

/** Served until the test has finished. */
export async function makeWorld(options: Partial<Parameters<typeof startApi>[0]> = {}): Promise<World> {
  const rig = await startRig();
  onTestFinished(() => rig.close());
  const { core } = rig;
  const { fleetFor, rolloutsFor, freezesFor, access, joining, tokenEnds, store } = core;
  const people = { fleetFor, rolloutsFor, freezesFor, access, joining, tokenEnds };
  const parts = { fleet: rig.fleet, ...people, tokens: store.tokens };
  const api = await startApi({ ...parts, ...options });
  onTestFinished(() => api.close());
  const joined = { host: 'h1', key: 'a key', address: '', at, tokenHash: hashToken(rig.joinToken) };
  await store.joins.enroll(joined);
  const { items: joinTokens } = await store.joins.listTokens({ limit: 1 });
  const [own, hidden, former] = [makeId(), makeId(), makeId()];
  await report(rig, 'hidden-former-host', [reportedTenant('acme', { version: 'v0.0.1' })]);
  await storeStream(rig, { id: former, tenant: 'acme', host: 'hidden-former-host' });
  const change = { at, actor: actor('boss') };
  await store.slugs.label('acme', { set: { tier: 'a' }, remove: [] }, change);
  await report(rig, 'h1', [hiddenTenant('hidden-one')]);
  await store.slugs.move('acme', 'h1', change);
  await report(rig, 'hidden-former-host', []);
  await report(rig, 'h1', [reportedTenant('acme'), hiddenTenant('hidden-one')]);
  await report(rig, 'hidden-host', [hiddenTenant('hidden-two'), reportedTenant('acme')]);
  await report(rig, 'h1', [reportedTenant('acme'), hiddenTenant('hidden-one'), reportedTenant('hidden-two')]);
  await storeStream(rig, { id: own, tenant: 'acme', host: 'h1' });
  await storeStream(rig, { id: hidden, tenant: 'hidden-one', host: 'h1' });
  await order(rig, 'acme', 'boss');
  await order(rig, 'hidden-one', 'hidden-person');
  await order(rig, 'hidden-two', 'hidden-person');
  const added = await addRollouts(rig, { boss: actor('boss'), hidden: actor('hidden-person') });
  let tokens = 0;
  return {
    rig,
    joinToken: joinTokens[0]?.id ?? '',
    own,
    hidden,
    former,
    added,
    ask(path, { token, headers, ...init } = {}) {
      const credential = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return fetch(api.url + path, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(headers)), ...credential },
      });
    },
    async makeToken(role, scope = null) {
      tokens += 1;
      const wish = { name: `hidden-token-${tokens}`, role, scope, expiresInMs: null };
      return (await access.makeToken(wish, actor('hidden-person'))).token;
    },
  };
}

/** A whole upgrade, with a hook. */
async function storeStream({ core }: ControllerRig, about: { id: string; tenant: string; host: string }) {
  const { id, host } = about;
  const stream = await core.store.openStream({ upgrade: id, host, onStored: () => undefined });
  const hook = { tag: 'v0.2.0', phase: 'post-pull', file: 'v0.2.0.sh', sha256: 'a'.repeat(64) } as const;
  const items = makeStream(about).map((item) =>
    'event' in item && item.event.type === 'command' ? { event: { ...item.event, hook } } : item,
  );
  await Promise.all(items.map((item) => stream.add(item)));
}

async function report({ core }: ControllerRig, host: string, tenants: ReportedTenant[]): Promise<void> {
  await core.store.hosts.connect({ host, agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at });
  const problems = [{ message: `/etc/drover/tenants.d/hidden.yaml of ${host} is broken`, hint: null }];
  await core.store.hosts.report(host, { ...makeReport(tenants), problems }, at);
}

function hiddenTenant(slug: string): ReportedTenant {
  const problems = [{ message: `a hidden problem of ${slug}`, hint: null }];
  return reportedTenant(slug, { version: 'v9.9.9-hidden', labels: { ring: 'hidden' }, problems });
}

async function order({ core }: ControllerRig, tenant: string, by: string): Promise<void> {
  const fleet = core.fleetFor({ scope: null, actor: actor(by) });
  await fleet.upgrade(tenant, upgradeBodySchema.parse({ version: 'v0.2.0' }), `key of ${tenant}`);
}

/** A token that has expired. */
export async function makeExpired({ rig }: World): Promise<string> {
  const past = { ...systemClock, now: () => new Date('2026-01-01T00:00:00.000Z') };

  const access = createAccess({ store: rig.core.store, clock: past, makeId, randomBytes });
  const wish = { name: 'hidden-expired', role: 'admin', scope: null, expiresInMs: 60_000 } as const;
  return (await access.makeToken(wish, actor('hidden-person'))).token;
}

/** What a path of a route names, besides tenants and hosts. */
export interface Named {
  upgrade: string;
  plan: string;
  rollout: string;
}

/** The path with these in place of its parameters. */
export function fillIds(path: string, { upgrade, plan, rollout }: Named): string {
  return path
    .replace('/rollouts/plans/:id', `/rollouts/plans/${plan}`)
    .replace('/rollouts/:id', `/rollouts/${rollout}`)
    .replace(':id', upgrade);
}
