// A fleet in memory that does what `decide` says, as the store, the hosts and the operators would.
import { decide } from '../../../../controller/rollout/decide/decide.js';
import type { Decision } from '../../../../controller/rollout/decide/decision.js';
import type { FleetNow, HostNow } from '../../../../controller/rollout/decide/fleet_now.js';
import { createArrange } from '../../../../controller/rollout/start/arrange.js';
import { rolloutSettingsSchema, type Outcome, type RolloutSettings } from '../../../../shared/model/rollout.js';
import type { RolloutNow, StoredRollout, StoredTarget } from '../../../../controller/store/rollouts.js';

export const start = Date.parse('2026-11-30T12:00:00.000Z');
export const iso = (ms: number) => new Date(ms).toISOString();

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface World {
  now: RolloutNow & { latest: Set<string>; rollout: Mutable<StoredRollout>; targets: Mutable<StoredTarget>[] };
  hosts: Map<string, Mutable<HostNow>>;
  fleet: FleetNow;
  ms: number;
  /** Every start: when, of whom, which attempt. */
  starts: { slug: string; attempt: number; ms: number }[];
  decide: () => Decision;
  /** Decides, and does it. */
  step: () => Decision;
  find: (slug: string) => Mutable<StoredTarget>;
  begin(slug: string): void;
  end(slug: string, outcome: Outcome, signature?: string): void;
  connect(host: string, isConnected: boolean): void;
}

const version = 'v0.4.0';
const commit = 'c'.repeat(40);

/** A target that nobody has touched. */
export function target(slug: string, host: string, more: Partial<StoredTarget> = {}): Mutable<StoredTarget> {
  return {
    slug,
    host,
    wave: 0,
    stage: 'waiting',
    outcome: null,
    attempt: 0,
    upgrade: null,
    retried_at: null,
    ordered_at: null,
    began_at: null,
    ended_at: null,
    is_withdrawn: false,
    holds_order: false,
    plan_class: null,
    signature: null,
    failed_before: null,
    version: 'v0.3.0',
    other_upgrade: null,
    frozen_by: null,
    frozen_from: null,
    rollback: null,
    ...more,
  };
}

export interface WorldOptions {
  tenants: readonly { slug: string; host: string; plan_class?: string | null; version?: string }[];
  settings?: Partial<RolloutSettings>;
  approved?: readonly string[] | null;
}

/** A running rollout over these tenants; all hosts are connected. */
export function createWorld({ tenants, settings: given = {}, approved = null }: WorldOptions): World {
  const settings = rolloutSettingsSchema.parse(given);
  const candidates = tenants.map(({ slug, host, plan_class = null, version: own = 'v0.3.0' }) => ({
    slug,
    host,
    plan_class,
    version: own,
    is_connected: true,
  }));
  const arranged = createArrange({ version, settings, approved })(candidates);
  const waveOf = new Map(arranged.waves.flatMap(({ slugs }, no) => slugs.map((slug) => [slug, no] as const)));
  const at = iso(start);
  const rollout: Mutable<StoredRollout> = {
    id: 'r1',
    version,
    commit,
    where: null,
    plan: null,
    settings,
    state: 'running',
    direction: 'forward',
    why: null,
    since: at,
    budget: arranged.budget,
    approved,
    canary_misses: arranged.canary_misses,
    counts: null,
    estimated_end: null,
    waves: arranged.waves.map(({ name }, no) => ({ no, name, opened_at: null, passed_at: null, approved_at: null })),
    created_at: at,
    created_by: 'ann',
    ended_at: null,
  };
  const targets = candidates.map(({ slug, host, plan_class, version: own }) => {
    const wave = waveOf.get(slug) ?? null;
    return target(slug, host, { plan_class, version: own, wave, ...(wave === null ? { stage: 'skipped' } : {}) });
  });
  targets.sort((a, b) => (a.wave ?? -1) - (b.wave ?? -1));
  const hosts = new Map<string, Mutable<HostNow>>();
  for (const { host } of tenants) hosts.set(host, { isConnected: true, since: at, wasAway: false, hasCaughtUp: true });
  const nowhere: HostNow = { isConnected: false, since: null, wasAway: false, hasCaughtUp: false };
  const world: World = {
    now: { rollout, targets, busy: new Map(), seen: new Map(), latest: new Set(), next_freeze_at: null },
    hosts,
    fleet: { host: (name) => hosts.get(name) ?? nowhere },
    ms: start,
    starts: [],
    decide: () => decide(world.now, world.fleet, iso(world.ms)),
    step() {
      const decision = world.decide();
      apply(world, decision);
      return decision;
    },
    find(slug) {
      const found = targets.find((one) => one.slug === slug);
      if (found === undefined) throw new Error(`no target ${slug}`);
      return found;
    },
    begin(slug) {
      const own = world.find(slug);
      own.stage = 'running';
      own.began_at = iso(world.ms);
    },
    end: (slug, outcome, signature) => end(world, world.find(slug), { outcome, signature }),
    connect(host, isConnected) {
      const own = hosts.get(host);
      if (own === undefined || own.isConnected === isConnected) return;
      Object.assign(own, { isConnected, since: iso(world.ms), wasAway: isConnected, hasCaughtUp: isConnected });
    },
  };
  return world;
}

function end(
  world: World,
  own: Mutable<StoredTarget>,
  { outcome, signature }: { outcome: Outcome; signature: string | undefined },
) {
  own.ended_at = iso(world.ms);
  if (outcome === 'cancelled' && own.is_withdrawn) {
    Object.assign(own, { stage: 'waiting', outcome: null, is_withdrawn: false });
    return;
  }
  own.stage = 'ended';
  own.outcome = outcome;
  own.signature = signature ?? null;
  if (outcome === 'success') world.now.latest.add(own.slug);
  else world.now.latest.delete(own.slug);
  if (outcome === 'success') own.version = world.now.rollout.version;
}

function apply(world: World, { actions }: Decision): void {
  const { rollout } = world.now;
  for (const { slug } of actions.starts) {
    const own = world.find(slug);
    own.attempt += 1;
    Object.assign(own, { stage: 'offered', outcome: null, ordered_at: iso(world.ms), ended_at: null, signature: null });
    world.starts.push({ slug, attempt: own.attempt, ms: world.ms });
  }
  for (const { slug } of actions.rollbacks) world.find(slug).rollback = 'open';
  for (const slug of actions.withdrawals) world.find(slug).is_withdrawn = true;
  for (const { slug, as } of actions.settled) {
    Object.assign(world.find(slug), as === 'skipped' ? { stage: 'skipped' } : { stage: 'ended', outcome: 'expired' });
  }
  rollout.waves = rollout.waves.map((wave) => {
    const changes = actions.waves.filter(({ no }) => no === wave.no);
    return changes.reduce(
      (changed, { opened_at, passed_at }) => ({
        ...changed,
        ...(opened_at === undefined ? {} : { opened_at }),
        ...(passed_at === undefined ? {} : { passed_at }),
      }),
      wave,
    );
  });
  if (actions.becomes === null) return;
  Object.assign(rollout, actions.becomes, { since: iso(world.ms) });
  if (rollout.state === 'done' || rollout.state === 'aborted') rollout.ended_at = iso(world.ms);
}
