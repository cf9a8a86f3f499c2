// Simulated agents at a real core: what they do is in the test's hands, and all that they saw is recorded.
import { EventEmitter, once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { rolloutsKey } from '../../../controller/rollout/loop.js';
import type { Freezes } from '../../../controller/rollout/freezes.js';
import { backUpStore } from '../../../controller/store/sqlite/database/back_up_store.js';
import type { Rollouts } from '../../../controller/rollout/rollouts.js';
import { parseSelection } from '../../../shared/selection/parse_selection.js';
import { systemClock, type Clock } from '../../../shared/os/clock.js';
import {
  rolloutBodySchema,
  type FleetPlan,
  type FleetPlanBody,
  type Rollout,
  type Target,
} from '../../../shared/wire/rollouts_api.js';
import { startRig, tester, type ControllerRig } from './controller_rig.js';
import { createSimulatedAgent, type SimulatedAgent, type SimulatedTenant } from './simulated_agent.js';
import type { Attempt, Ending, Gated, Seen } from './simulated_attempts.js';
import { previousVersion, targetVersion } from './simulated_plans.js';

export interface SimulatedFleetOptions {
  /** The slugs of each host. */
  hosts: Record<string, readonly string[]>;
  tenantOf?: (slug: string) => Partial<SimulatedTenant>;
  howItEnds?: (attempt: Attempt) => Ending;
}

export interface SimulatedFleet {
  readonly rig: ControllerRig;
  readonly rollouts: Rollouts;
  readonly freezes: Freezes;
  agents: ReadonlyMap<string, SimulatedAgent>;
  /** All that all agents saw, in order. */
  seen: Seen[];
  as(scope: string): Rollouts;
  /** Started by somebody who may do everything, or by who has this scope. */
  start(wish?: object, key?: string, scope?: string): Promise<Rollout>;
  /** A fleet plan, once it is done. */
  planWhole(wish?: Partial<FleetPlanBody>): Promise<FleetPlan>;
  targets(id: string): Promise<Target[]>;
  /** Returns once it is so; looks after each thing that agents see, and each change that the store notifies of. */
  until(isSo: () => boolean | Promise<boolean>): Promise<void>;
  /** The rollout once it is in that state. */
  untilState(id: string, state: Rollout['state']): Promise<Rollout>;
  /**
   * Upgrades of these tenants, or of all, do not begin or end until they are let through; hosts that connect do not announce
   * what they did.
   */
  hold(what: Gated, names?: readonly string[]): void;
  letThrough(what: Gated, names?: readonly string[]): void;
  connect(...hosts: string[]): Promise<void>;
  disconnect(...hosts: string[]): Promise<void>;
  /** Sets the controller's clock forward. */
  advance(ms: number): void;
  /** As SIGKILL does it: what was committed is all that is left. A new one starts on that, or on a copy. */
  killController(options?: { restoreFrom?: string }): Promise<void>;
  /** A backup of the store, for `restoreFrom`: its file. */
  backUp(): string;
  /** A bare copy of its files, as they are now. */
  copyStore(): string;
  close(): Promise<void>;
}

/** With all hosts connected; closed when the test has finished. */
export async function openSimulatedFleet(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
  const fleet = await startSimulatedFleet(options);
  onTestFinished(() => fleet.close());
  await fleet.connect();
  return fleet;
}

/** No tenant began twice in one attempt, and no attempt was offered under two ids. */
export function expectEachOnce({ seen }: Pick<SimulatedFleet, 'seen'>): void {
  const begins = seen.filter(({ what }) => what === 'begin');
  expect(new Set(begins.map(({ rollout, slug, attempt }) => `${rollout} ${slug} ${attempt}`)).size).toBe(begins.length);
  const offers = seen.filter(({ what, rollout }) => what === 'offer' && rollout !== null);
  const ids = new Set(offers.map(({ id }) => id));
  expect(new Set(offers.map(({ rollout, slug, attempt }) => `${rollout} ${slug} ${attempt}`)).size).toBe(ids.size);
}

const makeFile = () => path.join(mkdtempSync(path.join(tmpdir(), 'drover-rig-')), 'controller.db');

// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
async function startSimulatedFleet(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  const seen: Seen[] = [];
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + offsetMs) };
  const held = { begin: new Set<string>(), end: new Set<string>(), announce: new Set<string>() };
  const isHeld = (what: Gated, name: string) => held[what].has('*') || held[what].has(name);
  const { hosts, tenantOf = () => ({}), howItEnds = () => 'success' } = options;
  const agents = new Map(
    Object.entries(hosts).map(([host, slugs]) => {
      const tenants = slugs.map((slug) => ({
        slug,
        version: previousVersion,
        kind: 'a',
        labels: {},
        ...tenantOf(slug),
      }));
      const agent = createSimulatedAgent({
        host,
        tenants,
        howItEnds,
        onSeen(what) {
          seen.push(what);
          changes.emit('change');
        },
        async pass(what, name) {
          while (isHeld(what, name)) await once(changes, 'gate');
        },
      });
      return [host, agent] as const;
    }),
  );
  let rig = await open();
  let watching = watch(rig);

  function open(storeFile?: string): Promise<ControllerRig> {
    return startRig({ clock, ...(storeFile === undefined ? {} : { storeFile }) });
  }

  /** Looks again whenever the store has changed something of rollouts. */
  function watch({ core }: ControllerRig): { close(): void } {
    const subscription = core.notifier.subscribe(rolloutsKey);
    const ending = new AbortController();
    void (async () => {
      for (;;) {
        await subscription.next({ signal: ending.signal });
        changes.emit('change');
      }
    })().catch(() => undefined);
    return {
      close() {
        ending.abort(new Error('the test ends'));
        subscription.close();
      },
    };
  }

  const findAgent = (host: string) => {
    const agent = agents.get(host);
    if (agent === undefined) throw new Error(`no host ${host}`);
    return agent;
  };

  const fleet: SimulatedFleet = {
    get rig() {
      return rig;
    },
    get rollouts() {
      return rig.core.rolloutsFor({ scope: null, actor: tester });
    },
    get freezes() {
      return rig.core.freezesFor({ scope: null, actor: { ...tester, reason: 'a test' } });
    },
    agents,
    seen,
    as: (scope) => rig.core.rolloutsFor({ scope: parseSelection(scope), actor: { ...tester, name: scope } }),
    start: (wish = {}, key, scope) =>
      (scope === undefined ? fleet.rollouts : fleet.as(scope)).start(
        rolloutBodySchema.parse({ version: targetVersion, reconnect_jitter_s: 0, ...wish }),
        key,
        AbortSignal.timeout(20_000),
      ),
    async planWhole(wish = {}) {
      const { id } = await fleet.rollouts.planFleet({ version: targetVersion, where: null, ...wish });
      await fleet.until(async () => (await fleet.rollouts.findPlan(id)).state === 'done');
      return fleet.rollouts.findPlan(id);
    },
    async targets(id) {
      const { items } = await fleet.rollouts.listTargets(id, { limit: 1000 });
      return items;
    },
    async until(isSo) {
      for (;;) {
        const changed = once(changes, 'change', { signal: AbortSignal.timeout(100) }).catch(() => undefined);
        if (await isSo()) return;
        await changed;
      }
    },
    async untilState(id, state) {
      await fleet.until(async () => (await fleet.rollouts.find(id)).state === state);
      return fleet.rollouts.find(id);
    },
    hold(what, named = ['*']) {
      for (const name of named) held[what].add(name);
    },
    letThrough(what, named) {
      if (named === undefined) held[what].clear();
      for (const name of named ?? []) held[what].delete(name);
      changes.emit('gate');
    },
    async connect(...named) {
      const all = named.length === 0 ? [...agents.keys()] : named;
      await Promise.all(all.map((host) => findAgent(host).connect(rig)));
      await fleet.until(async () => {
        const { items } = await rig.core.store.hosts.listTenants({ limit: 1000, where: null });
        const known = new Set(items.filter(({ report }) => report !== null).map(({ slug }) => slug));
        return all.every((host) => findAgent(host).tenants.every(({ slug }) => known.has(slug)));
      });
    },
    async disconnect(...named) {
      for (const host of named) findAgent(host).cut();
      await fleet.until(() => named.every((host) => !rig.core.link.isConnected(host)));
    },
    advance(ms) {
      offsetMs += ms;
      rig.core.notifier.notify(rolloutsKey);
    },
    backUp() {
      const to = makeFile();
      writeFileSync(to, '');
      backUpStore({ from: rig.storeFile, to, at: clock.now().toISOString() });
      return to;
    },
    copyStore() {
      const { storeFile } = rig;
      const to = makeFile();
      // The store writes on this thread: what is in its files now is what a kill would leave.
      for (const end of ['', '-wal']) if (existsSync(storeFile + end)) copyFileSync(storeFile + end, to + end);
      return to;
    },
    async killController({ restoreFrom } = {}) {
      const next = restoreFrom ?? fleet.copyStore();
      for (const agent of agents.values()) agent.cut();
      watching.close();
      await rig.close();
      rig = await open(next);
      watching = watch(rig);
      await Promise.all([...agents.values()].map((agent) => agent.connect(rig)));
    },
    async close() {
      watching.close();
      for (const agent of agents.values()) agent.cut();
      await rig.close();
    },
  };
  return fleet;
}
