// Rollouts for the tests of the contract.
import { noCounts } from '../../../../../controller/rollout/decide/count_targets.js';
import { createIsThere } from '../../../../../controller/rollout/decide/compare_version.js';
import type {
  NewRollout,
  RolloutActions,
  RolloutChange,
  RolloutNow,
} from '../../../../../controller/store/rollouts.js';
import type { Arrange, StepOptions } from '../../../../../controller/store/rollouts.js';
import type { Key } from '../../../../../controller/store/access.js';
import { rolloutSettingsSchema } from '../../../../../shared/model/rollout.js';
import type { EventBody } from '../../../../../shared/model/journal/events.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { beginOf, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import type { UsedStore } from './use_store.js';
import { now, tester } from './use_store.js';

export const commit = 'c'.repeat(40);
export const expires_at = '2026-01-01T03:00:00.000Z';
export const later = '2026-01-01T02:00:00.000Z';

export const idle: RolloutActions = {
  starts: [],
  rollbacks: [],
  withdrawals: [],
  settled: [],
  waves: [],
  becomes: null,
  counts: noCounts,
  estimated_end: null,
};

/** One wave of two, and the rest; without those that are there. */
export const arrange: Arrange = (candidates) => arrangeFor('v0.2.0', candidates);

function arrangeFor(version: string, candidates: Parameters<Arrange>[0]): ReturnType<Arrange> {
  const isThere = createIsThere(version);
  const slugs = candidates.filter((candidate) => !isThere(candidate.version)).map(({ slug }) => slug);
  const waves = [
    { name: 'canary', slugs: slugs.slice(0, 2) },
    { name: 'rest', slugs: slugs.slice(2) },
  ];
  return {
    waves: waves.filter((wave) => wave.slugs.length > 0),
    skipped: [],
    canary_misses: ['no host h9'],
    budget: 3,
  };
}

export function newRollout(change: Partial<NewRollout> = {}): NewRollout {
  return {
    id: makeId(),
    version: 'v0.2.0',
    commit,
    where: null,
    selection: null,
    scope: null,
    plan: null,
    settings: rolloutSettingsSchema.parse({}),
    approved: null,
    at: now,
    ...change,
  };
}

/** The end of an attempt that a migration made fail. */
export const failed: EventBody = {
  type: 'finish',
  status: 'rolled_back',
  current_version: 'v0.1.0',
  hold: null,
  failure: {
    step: 'migrate',
    code: 'command-failed',
    message: 'exit 3 in /srv/acme',
    output_tail: '',
    needs_operator: false,
  },
};

/** Each target with its outcome, or its stage before it has one. */
export const showTargets = ({ targets }: RolloutNow): string[] =>
  targets.map(({ slug, stage, outcome }) => `${slug} ${outcome ?? stage}`);

export interface UsedRollouts {
  /** Has hosts report tenants on v0.1.0: `{ h1: ['acme'] }`. */
  report: (hosts: Record<string, readonly string[]>, version?: string | null) => Promise<void>;
  /** Its id. */
  start: (change?: Partial<NewRollout>, key?: Key | null) => Promise<string>;
  step: (
    id: string,
    actions: Partial<RolloutActions>,
    options?: Partial<StepOptions>,
  ) => ReturnType<UsedStore['store']['rollouts']['step']>;
  read: (id: string) => Promise<RolloutNow>;
  /** What is told of one target. */
  target: (id: string, slug: string) => Promise<RolloutNow['targets'][number]>;
  /** The host of the target's last attempt sends its begin, then these events. The id of the attempt. */
  play: (id: string, slug: string, ...bodies: readonly EventBody[]) => Promise<string>;
  change: (
    id: string,
    change: RolloutChange | Error,
    action?: string,
  ) => ReturnType<UsedStore['store']['rollouts']['change']>;
}

export function useRollouts(opened: UsedStore): UsedRollouts {
  const read = async (id: string) => {
    const found = await opened.store.rollouts.read(id, null);
    if (found === null) throw new Error(`no rollout ${id}`);
    return found;
  };
  async function target(id: string, slug: string) {
    const found = (await read(id)).targets.find((one) => one.slug === slug);
    if (found === undefined) throw new Error(`no tenant ${slug} in ${id}`);
    return found;
  }
  return {
    target,
    async play(id, slug, ...bodies) {
      const { upgrade, host } = await target(id, slug);
      if (upgrade === null) throw new Error(`${slug} has no upgrade`);
      const events = stampEvents([beginOf(upgrade, slug, host), ...bodies]);
      await opened.storeAll(
        upgrade,
        events.map((event) => ({ event })),
        host,
      );
      return upgrade;
    },
    async report(hosts, version = 'v0.1.0') {
      for (const [host, slugs] of Object.entries(hosts)) {
        await opened.store.hosts.connect({ host, agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at: now });
        const tenants = slugs.map((slug) => reportedTenant(slug, { version }));
        await opened.store.hosts.report(host, makeReport(tenants), now);
      }
    },
    async start(change = {}, key = null) {
      const rollout = newRollout(change);
      const arrangeIt: Arrange = (candidates) => arrangeFor(rollout.version, candidates);
      const options = { arrange: arrangeIt, isConnected: () => true, key, actor: tester };
      return (await opened.store.rollouts.start(rollout, options)).id;
    },
    step: (id, actions, options = {}) =>
      opened.store.rollouts.step(id, () => ({ ...idle, ...actions }), {
        at: later,
        makeId,
        isOffered: () => true,
        ...options,
      }),
    read,
    change: (id, change, action = 'rollout.change') =>
      opened.store.rollouts.change(id, () => change, { actor: tester, action, at: later, scope: null }),
  };
}
