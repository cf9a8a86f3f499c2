// What every store promises of the targets of rollouts whose hosts are changed, lost or dishonest.
import { rolloutSettingsSchema } from '../../../../../shared/model/rollout.js';
import { describe, expect, it } from 'vitest';
import { makeId } from '../../../../../shared/os/ids.js';
import { beginOf, finishOf, stampEvents } from '../../../../helpers/controller/stored_streams.js';
import { makeReport } from '../../../../helpers/controller/protocol_peer.js';
import { expires_at, later, showTargets, useRollouts } from './use_rollouts.js';
import { now, tester, useStore, type OpenedStore } from './use_store.js';

/** Holds an adapter against this part of the contract. */
export function describeRolloutHosts(name: string, open: () => Promise<OpenedStore>): void {
  const opened = useStore(open);
  const used = useRollouts(opened);
  const starts = [{ slug: 'acme', expires_at }];

  /** The host `h1`, which has joined, is refused from now on. */
  async function revoke(): Promise<void> {
    const { joins } = opened.store;
    const audit = { ...tester, at: now, action: 'join', tenant: null, host: null, target: null };
    const times = { created_at: now, created_by: null, expires_at: later };
    await joins.addToken({ id: 'j1', hash: 'x', hosts: null, uses: 1, ...times }, audit);
    await joins.enroll({ tokenHash: 'x', host: 'h1', key: 'k1', address: '', at: now });
    await joins.revokeHost('h1', { ...audit, host: 'h1' });
  }

  /** A host begins an upgrade by itself, and says that a rollout asked for it. */
  async function claim(host: string, rollout: { id: string; attempt: number }): Promise<string> {
    const id = makeId();
    const begin = { ...beginOf(id, 'acme', host), rollout };
    const events = stampEvents([begin]);
    await opened.storeAll(
      id,
      events.map((event) => ({ event })),
      host,
    );
    return id;
  }

  describe(`targets of rollouts and their hosts in ${name}`, () => {
    it('start again on another host where theirs is revoked before they begin', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start();
      await used.step(id, { starts });
      await revoke();
      await opened.store.slugs.move('acme', 'h2', { at: now, actor: tester });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waiting', host: 'h2', failed_before: null });
      const placed = await used.step(id, { starts });
      expect(placed).toMatchObject([{ host: 'h2', order: { rollout: { attempt: 2 } } }]);
    });

    it('are on the revoked host for as long as their upgrade may run there', async () => {
      await used.report({ h1: ['acme'], h2: ['bmce'] });
      const id = await used.start();
      await used.step(id, { starts });
      await used.play(id, 'acme');
      await revoke();
      await opened.store.slugs.move('acme', 'h2', { at: now, actor: tester });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'running', host: 'h1' });
    });

    it('are waived when they are forgotten, and free for the next rollout', async () => {
      await used.report({ h1: ['acme', 'bmce'] });
      const id = await used.start();
      await used.step(id, { starts: [{ slug: 'bmce', expires_at }] });
      await used.play(id, 'bmce', finishOf());
      await opened.store.hosts.report('h1', makeReport([]), now);
      for (const slug of ['acme', 'bmce']) await opened.store.slugs.forget(slug, { at: now, actor: tester });
      expect(showTargets(await used.read(id))).toEqual(['acme waived', 'bmce success']);
      await used.report({ h2: ['acme'] });
      expect(await used.start()).not.toBe(id);
    });

    it('wait again where their host has another upgrade of them, and have not failed', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      await used.step(id, { starts });
      const { upgrade } = await used.target(id, 'acme');
      const failure = { step: null, message: 'acme has an upgrade already', output_tail: '', needs_operator: false };
      await opened.store.orders.endUnbegun(upgrade ?? '', {
        status: 'refused',
        at: later,
        failure: { ...failure, code: 'busy' },
      });
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waiting', outcome: null, failed_before: null });
    });

    it.each([
      ['waits again where a window or a freeze cut that off', -1000, { stage: 'waiting', outcome: null }],
      ['has expired where it had all of it', 0, { stage: 'ended', outcome: 'expired' }],
    ])('whose time to begin was over: each %s', async (_what, lessMs, expected) => {
      await used.report({ h1: ['acme'] });
      const id = await used.start({ settings: rolloutSettingsSchema.parse({ start_within_s: 600 }) });
      const until = new Date(Date.parse(later) + 600_000 + lessMs).toISOString();
      await used.step(id, { starts: [{ slug: 'acme', expires_at: until }] });
      const { upgrade } = await used.target(id, 'acme');
      const failure = { step: null, message: 'too late', output_tail: '', needs_operator: false, code: 'expired' };
      await opened.store.orders.endUnbegun(upgrade ?? '', { status: 'refused', at: later, failure });
      expect(await used.target(id, 'acme')).toMatchObject(expected);
    });

    it('are not changed by a host that has not got them, nor by an attempt that nobody can have made', async () => {
      await used.report({ h1: ['acme', 'bmce'], h2: ['cmce'] });
      const id = await used.start();
      await opened.store.hosts.report('h1', makeReport([]), now);
      await opened.store.slugs.forget('acme', { at: now, actor: tester });
      const before = await used.read(id);
      await claim('h2', { id, attempt: 1 });
      expect((await used.read(id)).targets).toEqual(before.targets);
      await used.report({ h3: ['acme'] });
      await claim('h3', { id, attempt: 2 ** 53 - 1 });
      expect((await used.read(id)).rollout.state).toBe('running');
      expect(await used.target(id, 'acme')).toMatchObject({ stage: 'waived', attempt: 0 });
    });

    it('are rolled back again where their host has refused it before', async () => {
      await used.report({ h1: ['acme'] });
      const id = await used.start();
      await used.step(id, { starts });
      await used.play(id, 'acme', finishOf());
      const placed = await used.step(id, { rollbacks: starts });
      const error = { code: 'not-allowed-remotely', message: 'no', hint: null };
      await opened.store.orders.end(placed?.[0]?.order.id ?? '', { at: later, upgrade: null, error });
      await used.step(id, { becomes: { state: 'done', why: null } });
      await used.change(id, { state: 'running', direction: 'back', roll_back_again: ['acme'] });
      expect(await used.target(id, 'acme')).toMatchObject({ outcome: 'success', rollback: null });
    });
  });
}
