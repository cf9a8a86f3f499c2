// The contract of the port `Operations`, which every adapter must keep.
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../shared/model/journal/events.js';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import type { Result } from '../../../shared/model/result.js';
import type { Operations, Started } from '../../../shared/terminal/operations.js';

/** A tenant `testsite` on v0.1.0, for one test. */
export interface OperationsRig {
  operations: Operations;
  /** Upgrades to its end. */
  plainVersion: string;
  /** Prints `waiting at the gate` in a hook, and waits there until the gate opens. */
  gatedVersion: string;
  openGate: () => void;
}

const wish = (version: string | null): UpgradeRequest => ({
  version,
  force: false,
  allow_downgrade: false,
  from: null,
  commit: null,
});
const now = { startWithinS: undefined };

interface Followed {
  events: Event[];
  printed: string;
  /** The events from the first one that is the request's own. */
  own: Event[];
  result: Result;
}

interface FollowOptions {
  live?: boolean;
  signal?: AbortSignal;
  onPrinted?: (printed: string) => void;
}

/** Follows to the end, and collects the items. */
async function follow(operations: Operations, started: Started, options: FollowOptions = {}): Promise<Followed> {
  const { live = true, signal = new AbortController().signal, onPrinted } = options;
  const followed: Omit<Followed, 'result'> = { events: [], printed: '', own: [] };
  const items = operations.follow(started, { live, signal, onWaiting: () => undefined });
  for (;;) {
    const { done, value } = await items.next();
    if (done === true) return { ...followed, result: value };
    if ('output' in value) {
      followed.printed += value.output.text;
      onPrinted?.(followed.printed);
      continue;
    }
    followed.events.push(value.event);
    if (followed.own.length > 0 || started.isOwn(value.event)) followed.own.push(value.event);
  }
}

/** Follows until the hook of the gated version waits; what is left to follow. */
async function followToGate(operations: Operations, started: Started) {
  const leaving = new AbortController();
  let followed = Promise.reject<Followed>(new Error('not followed yet'));
  followed.catch(() => undefined);
  const atGate = new Promise<void>((resolve) => {
    followed = follow(operations, started, {
      signal: leaving.signal,
      onPrinted(printed) {
        if (printed.includes('waiting at the gate')) resolve();
      },
    });
  });
  await Promise.race([atGate, followed]);
  return { followed, leave: () => leaving.abort(new Error('left')) };
}

/** Runs the contract; `open` makes a rig for each test. */
export function describeOperations(open: () => Promise<OperationsRig>): void {
  describe('the operations', () => {
    it('plan an upgrade', async () => {
      const { operations, plainVersion } = await open();
      const plan = await operations.plan('testsite', wish(plainVersion));
      expect(plan).toMatchObject({
        tenant: 'testsite',
        kind: 'upgrade',
        target: { version: plainVersion },
        blockers: [],
      });
      operations.close();
    });

    it('follow an upgrade from its first event to its end', async () => {
      const { operations, plainVersion } = await open();
      const started = await operations.upgrade('testsite', wish(plainVersion), now);
      expect(started.result).toMatchObject({ id: started.id, tenant: 'testsite', status: 'queued' });
      const { events, own, result } = await follow(operations, started);
      expect(own).toEqual(events);
      expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
      expect(events[0]?.type).toBe('begin');
      expect(events.at(-1)?.type).toBe('finish');
      expect(result).toMatchObject({ status: 'success', current_version: plainVersion });
      operations.close();
    });

    it('find an upgrade by its tenant and by its id, and read it again', async () => {
      const { operations, plainVersion } = await open();
      const started = await operations.upgrade('testsite', wish(plainVersion), now);
      const first = await follow(operations, started);
      for (const target of ['testsite', started.id]) {
        const found = await operations.find(target);
        expect(found).toMatchObject({ id: started.id, tenant: 'testsite', result: first.result });
        for (const live of [true, false]) {
          const { events, printed, result } = await follow(operations, found, { live });
          expect({ events, printed, result }).toEqual({
            events: first.events,
            printed: first.printed,
            result: first.result,
          });
        }
      }
      operations.close();
    });

    it('follow a rollback to its own end, past the earlier one', async () => {
      const { operations, plainVersion } = await open();
      const upgrade = await operations.upgrade('testsite', wish(plainVersion), now);
      await follow(operations, upgrade);
      const rollback = await operations.rollback('testsite', { restoreDatabase: false });
      expect(rollback.id).toBe(upgrade.id);
      const { events, own, result } = await follow(operations, rollback);
      expect(events[0]?.type).toBe('begin');
      expect(own[0]?.type).toBe('rollback');
      expect(own.at(-1)).toMatchObject({ type: 'finish', status: 'rolled_back' });
      expect(result).toMatchObject({ id: upgrade.id, status: 'rolled_back', current_version: 'v0.1.0' });
      operations.close();
    });

    it.each(['testsite', 'its id'])('cancel by %s, and follow that to its own end', async (how) => {
      const { operations, gatedVersion } = await open();
      const upgrade = await operations.upgrade('testsite', wish(gatedVersion), now);
      const { followed } = await followToGate(operations, upgrade);
      const cancel = await operations.cancel(how === 'testsite' ? 'testsite' : upgrade.id, { force: false });
      expect(cancel).toMatchObject({ id: upgrade.id, tenant: 'testsite' });
      const { own, result } = await follow(operations, cancel);
      expect(own[0]).toMatchObject({ type: 'cancel', force: false });
      expect(own.at(-1)?.type).toBe('finish');
      expect(result).toMatchObject({ status: 'cancelled', current_version: 'v0.1.0' });
      expect((await followed).result).toEqual(result);
      operations.close();
    });

    it('stop following at the signal, and leave the upgrade running', async () => {
      const { operations, gatedVersion, openGate } = await open();
      const upgrade = await operations.upgrade('testsite', wish(gatedVersion), now);
      const { followed, leave } = await followToGate(operations, upgrade);
      leave();
      await expect(followed).rejects.toThrow(/left|aborted/);
      const found = await operations.find('testsite');
      expect(found.result.status).toBe('running');
      expect((await follow(operations, found, { live: false })).result.status).toBe('running');
      const again = follow(operations, found);
      openGate();
      const { printed, result } = await again;
      expect(printed).toContain('waiting at the gate');
      expect(result.status).toBe('success');
      operations.close();
    });

    it('mark hooks, list those that ran and the upgrades, and resume only what needs an operator', async () => {
      const { operations, plainVersion } = await open();
      const mark = { tag: 'v0.9.0', phase: null, as: 'skipped', reason: 'no cache here' } as const;
      await operations.mark('testsite', mark);
      const started = await operations.upgrade('testsite', wish(plainVersion), now);
      await follow(operations, started);
      const runs = await operations.listHookRuns('testsite');
      expect(runs.filter(({ upgrade }) => upgrade !== started.id)).toEqual([]);
      expect(await operations.listUpgrades('testsite')).toMatchObject([
        { id: started.id, tenant: 'testsite', status: 'success', new_version: plainVersion, message: null },
      ]);
      expect(runs.map(({ at }) => at)).toEqual(runs.map(({ at }) => at).toSorted());
      for (const ask of [
        () => operations.mark('nosuch', mark),
        () => operations.listHookRuns('nosuch'),
        () => operations.listUpgrades('nosuch'),
        () => operations.resume('nosuch', { accept: false }),
      ]) {
        await expect(ask()).rejects.toMatchObject({ code: 'unknown-tenant' });
      }
      operations.close();
    });

    it('refuse an unknown tenant and an unknown upgrade', async () => {
      const { operations } = await open();
      const id = '019b2692-0000-7000-8000-00000000000f';
      await expect(operations.plan('nosuch', wish(null))).rejects.toMatchObject({ code: 'unknown-tenant' });
      await expect(operations.rollback('nosuch', { restoreDatabase: false })).rejects.toMatchObject({
        code: 'unknown-tenant',
      });
      await expect(operations.find('nosuch')).rejects.toMatchObject({ code: 'unknown-tenant' });
      await expect(operations.find('testsite')).rejects.toMatchObject({ code: 'unknown-upgrade' });
      await expect(operations.find(id)).rejects.toMatchObject({ code: 'unknown-upgrade' });
      await expect(operations.cancel(id, { force: false })).rejects.toMatchObject({ code: 'unknown-upgrade' });
      operations.close();
    });

    it('refuse a cancel where the upgrade has ended', async () => {
      const { operations, plainVersion } = await open();
      const upgrade = await operations.upgrade('testsite', wish(plainVersion), now);
      await follow(operations, upgrade);
      await expect(operations.cancel(upgrade.id, { force: false })).rejects.toMatchObject({ code: 'nothing-to-do' });
      operations.close();
      operations.close();
    });
  });
}
