// What every store promises of the steps of a rollout.
import { describe, expect, it } from 'vitest';
import { makeId } from '../../../../../shared/os/ids.js';
import { finishOf, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { noCounts } from '../../../../../controller/rollout/decide/count_targets.js';
import { commit, expires_at, idle, later, showTargets, useRollouts } from './use_rollouts.js';
import { now, upgradeOrder, useStore, type OpenedStore } from './use_store.js';

function fail(): never {
  throw new Error('undecided');
}

/** Holds an adapter against this part of the contract. */
export function describeRolloutSteps(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);

  describe(`a step of a rollout in ${name}`, () => {
    it('stores new attempts with their orders, and hands out those of hosts that get theirs now', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start();
      const starts = ['acme', 'bmce'].map((slug) => ({ slug, expires_at }));
      const placed = await used.step(id, { starts }, { isOffered: (host) => host === 'h1' });
      const acme = await used.target(id, 'acme');
      expect(acme).toMatchObject({
        stage: 'offered',
        attempt: 1,
        ordered_at: later,
        outcome: null,
        is_withdrawn: false,
        holds_order: false,
      });
      const order = {
        kind: 'upgrade',
        id: acme.upgrade,
        upgrade: acme.upgrade,
        tenant: 'acme',
        expires_at,
        request: { version: 'v0.2.0', commit, force: false, allow_downgrade: false, from: null },
        rollout: { id, attempt: 1 },
      };
      expect(placed).toMatchObject([{ host: 'h1', order }]);
      const { orders, upgrades } = opened.store;
      expect(await orders.openOf('h1')).toMatchObject([{ ...order, offered_at: later }]);
      expect(await orders.openOf('h2')).toMatchObject([{ tenant: 'bmce', offered_at: null }]);
      expect(await upgrades.find(acme.upgrade ?? '')).toMatchObject({
        status: 'queued',
        previous_version: 'v0.1.0',
        new_version: 'v0.2.0',
      });
      // No entry of its own: the upgrade names its rollout.
      expect((await opened.store.seenBy(null).listAudit({ limit: 9 })).items).toHaveLength(1);
    });

    it('sees the end of an upgrade that is stored in the same commit, however late that is asked for', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      const upgrade = (await used.target(id, 'acme')).upgrade ?? '';
      const seen: string[] = [];
      const stepped = opened.store.rollouts.step(
        id,
        (read) => {
          seen.push(...showTargets(read));
          return idle;
        },
        { at: later, makeId, isOffered: () => true },
      );
      const ended = opened.store.orders.endUnbegun(upgrade, { status: 'cancelled', at: now, failure: null });
      await Promise.all([stepped, ended]);
      expect(seen).toEqual(['acme cancelled']);
    });

    it('ends at once what was never offered, and asks the host once to withdraw what was', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start();
      const starts = ['acme', 'bmce'].map((slug) => ({ slug, expires_at }));
      await used.step(id, { starts }, { isOffered: (host) => host === 'h1' });
      const withdrawals = ['acme', 'bmce'];
      const placed = await used.step(id, { withdrawals });
      const acme = await used.target(id, 'acme');
      const cancel = { kind: 'cancel', tenant: 'acme', upgrade: acme.upgrade, force: false, unbegun: true };
      expect(placed).toMatchObject([{ host: 'h1', order: cancel }]);
      expect(acme).toMatchObject({ stage: 'offered', is_withdrawn: true });
      expect(await used.target(id, 'bmce')).toMatchObject({ stage: 'waiting', attempt: 1, outcome: null });
      expect(await opened.store.orders.openOf('h2')).toEqual([]);
      expect(await used.step(id, { withdrawals: ['acme'] })).toEqual([]);
      // The host has withdrawn it.
      const end = { status: 'cancelled', at: later, failure: null } as const;
      await opened.store.orders.endUnbegun(acme.upgrade ?? '', end);
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waiting', outcome: null });
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'offered', attempt: 2, is_withdrawn: false });
    });

    it('settles tenants, opens waves and ends the rollout, and stores what lists say of it', async () => {
      await used.report({ h1: ['acme', 'bmce', 'cmce'] });
      const id = await used.start();
      await used.step(id, {
        settled: [
          { slug: 'acme', as: 'expired' },
          { slug: 'bmce', as: 'skipped' },
        ],
        waves: [
          { no: 0, opened_at: later },
          { no: 0, passed_at: later },
          { no: 1, opened_at: later },
        ],
      });
      const { rollout, ...read } = await used.read(id);
      expect(showTargets({ ...read, rollout })).toEqual(['acme expired', 'bmce skipped', 'cmce waiting']);
      expect(rollout.waves).toMatchObject([
        { no: 0, opened_at: later, passed_at: later },
        { no: 1, opened_at: later, passed_at: null },
      ]);
      await used.step(id, { becomes: { state: 'halted', why: '3 failures' } });
      expect((await used.read(id)).rollout).toMatchObject({ state: 'halted', why: '3 failures', since: later });
      const last = { ...noCounts, total: 3, expired: 1, skipped: 1, waiting: 1 };
      await used.step(id, { becomes: { state: 'aborted', why: null }, counts: last, estimated_end: later });
      const ended = { state: 'aborted', ended_at: later, counts: last, estimated_end: later };
      expect(await opened.store.rollouts.find(id, null)).toMatchObject(ended);
      expect(await used.step(id, {})).toBeNull();
      expect(await used.step(makeId(), {})).toBeNull();
    });

    it('does nothing where `decide` throws, and takes no other write with it', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      const options = { at: later, makeId, isOffered: () => true };
      const [stepped, ended] = await Promise.allSettled([
        opened.store.rollouts.step(id, fail, options),
        opened.add(upgradeOrder('single')),
      ]);
      expect(stepped).toMatchObject({ status: 'rejected', reason: { message: 'undecided' } });
      expect(ended).toMatchObject({ status: 'fulfilled' });
    });

    it('rolls back successes', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      const upgrade = await used.play(id, 'acme', finishOf());
      const placed = await used.step(id, { rollbacks: [{ slug: 'acme', expires_at }] });
      expect(placed).toMatchObject([
        { host: 'h1', order: { kind: 'rollback', tenant: 'acme', restore_database: false, only: upgrade } },
      ]);
      expect(await used.target(id, 'acme')).toMatchObject({ outcome: 'success', rollback: 'open' });
      const order = placed?.[0]?.order.id ?? '';
      const stream = await opened.openStream(upgrade);
      const [begin, end] = stampEvents(
        [{ type: 'rollback', id: order, restore_database: false, config: null }, finishOf('rolled_back')],
        3,
      );
      if (begin !== undefined) await stream.add({ event: begin });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'running', rollback: 'open' });
      if (end !== undefined) await stream.add({ event: end });
      expect(await used.target(id, 'acme')).toMatchObject({ outcome: 'taken_back', rollback: 'done' });
    });

    it('knows a rollback that its host refuses', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      await used.step(id, { starts: [{ slug: 'acme', expires_at }] });
      await used.play(id, 'acme', finishOf());
      const placed = await used.step(id, { rollbacks: [{ slug: 'acme', expires_at }] });
      const error = { code: 'not-allowed-remotely', message: 'no', hint: null };
      await opened.store.orders.end(placed?.[0]?.order.id ?? '', { at: later, upgrade: null, error });
      expect(await used.target(id, 'acme')).toMatchObject({ outcome: 'success', rollback: 'failed' });
    });
  });
}
