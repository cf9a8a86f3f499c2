// An upgrade between the queue and its end: who takes it out of the queue, and what a cancel does meanwhile.
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { ActiveUpgrade } from '../../../../agent/scheduler/active_upgrade.js';
import type { Journal } from '../../../../agent/store/journal.js';
import type { Event, EventBody } from '../../../../shared/model/journal/events.js';

function makeJournal(close: () => void = () => {}): Journal {
  const events: Event[] = [];
  return {
    events,
    durable: 0,
    append: (body: EventBody) => void events.push({ ...body, n: events.length + 1, at: '' }),
    sync: async () => {},
    subscribe: () => () => {},
    close,
  };
}

function makeQueued(
  cancel: () => Promise<void> = async () => {},
  keepCancel: () => Promise<void> = async () => {},
): ActiveUpgrade {
  return new ActiveUpgrade({ id: 'u', tenant: 'a', queued: { accepted: Promise.resolve(), cancel, keepCancel } });
}

it('leaves the queue once, whoever calls first', async () => {
  const upgrade = makeQueued();
  const ran: string[] = [];
  const leave = (who: string) =>
    upgrade.leaveQueue(
      async () => makeJournal(),
      async () => void ran.push(who),
    );
  await Promise.all([leave('first'), leave('second')]);
  expect(ran).toEqual(['first']);
  expect(upgrade.state).toBe('running');
});

it('is queued again where it can have no journal, and whoever waited behind takes it', async () => {
  const upgrade = makeQueued();
  const run = vi.fn<() => Promise<void>>(async () => {});
  const failing = upgrade.leaveQueue(() => Promise.reject(new Error('the disk is full')), run);
  const waiting = upgrade.leaveQueue(async () => makeJournal(), run);
  await expect(failing).rejects.toThrow('the disk is full');
  await waiting;
  expect(run).toHaveBeenCalledOnce();
});

it('is cancelled in the queue by what it was given for that', async () => {
  const cancel = vi.fn<() => Promise<void>>(async () => {});
  await makeQueued(cancel).cancel({ force: false });
  expect(cancel).toHaveBeenCalledOnce();
});

/** One that has left the queue; its journal comes when the test says so. */
async function makePlanned(keepCancel: () => Promise<void>) {
  const upgrade = makeQueued(undefined, keepCancel);
  const never = new Promise<Journal>(() => {});
  void upgrade.leaveQueue(
    () => never,
    async () => {},
  );
  await nextTurn();
  return upgrade;
}

/** A write that ends when the test says so. */
function makeWrite() {
  const ending = new AbortController();
  const ended = once(ending.signal, 'abort').then(() => undefined);
  return { write: () => ended, end: () => ending.abort() };
}

it('answers a cancel that comes while it is planned once that is on the disk, and begins with it', async () => {
  const { write, end } = makeWrite();
  const [upgrade, journal] = [await makePlanned(write), makeJournal()];
  const answered = upgrade.cancel({ force: true }).then(() => 'answered');
  expect(await Promise.race([answered, nextTurn('not yet')])).toBe('not yet');
  end();
  expect(await answered).toBe('answered');
  upgrade.begin(journal);
  expect(journal.events).toMatchObject([{ type: 'cancel', force: true }]);
  await upgrade.begun;
});

it('does not begin with a cancel that the disk refused, and says so', async () => {
  const [upgrade, journal] = [await makePlanned(() => Promise.reject(new Error('the disk is full'))), makeJournal()];
  await expect(upgrade.cancel({ force: false })).rejects.toThrow('the disk is full');
  upgrade.begin(journal);
  expect(journal.events).toEqual([]);
});

it('writes a cancel into the journal that was made while the cancel was being kept', async () => {
  const { write, end } = makeWrite();
  const [upgrade, journal] = [await makePlanned(write), makeJournal()];
  const answered = upgrade.cancel({ force: false });
  upgrade.begin(journal);
  end();
  await answered;
  expect(journal.events).toMatchObject([{ type: 'cancel', force: false }]);
});

it('begins with a cancel before its first step, however late that cancel is on the disk', async () => {
  const { write, end } = makeWrite();
  const [upgrade, journal] = [await makePlanned(write), makeJournal()];
  const answered = upgrade.cancel({ force: false });
  upgrade.begin(journal);
  journal.append({ type: 'step-begin', step: 'stop-services', stage: 'run' });
  end();
  await answered;
  expect(journal.events.map(({ type }) => type)).toEqual(['cancel', 'step-begin']);
});

it('has answered a cancel also where it has ended with it before that was on the disk', async () => {
  const { write, end } = makeWrite();
  const [upgrade, journal] = [await makePlanned(write), makeJournal()];
  const answered = upgrade.cancel({ force: false });
  upgrade.begin(journal);
  upgrade.end();
  end();
  await answered;
  expect(journal.events).toMatchObject([{ type: 'cancel' }]);
});

it('begins with a cancel that an agent before this one had answered', () => {
  const [upgrade, journal] = [new ActiveUpgrade({ id: 'u', tenant: 'a', cancel: { force: true } }), makeJournal()];
  upgrade.begin(journal);
  expect(journal.events).toMatchObject([{ type: 'cancel', force: true }]);
});

it('writes a cancel into its journal, or says why that would do nothing', async () => {
  const [upgrade, journal] = [new ActiveUpgrade({ id: 'u', tenant: 'a' }), makeJournal()];
  upgrade.begin(journal);
  journal.append({ type: 'step-begin', step: 'migrate', stage: 'run' });
  await expect(upgrade.cancel({ force: false })).rejects.toMatchObject({ code: 'not-cancellable' });
  await upgrade.cancel({ force: true });
  expect(journal.events.at(-1)).toMatchObject({ type: 'cancel', force: true });
  journal.append({ type: 'step-end', step: 'migrate', stage: 'run', status: 'cancelled' });
  await expect(upgrade.cancel({ force: true })).rejects.toThrow('rolled back already');
});

it('closes its journal at its end, and has begun by then', async () => {
  const close = vi.fn<() => void>();
  const upgrade = makeQueued();
  upgrade.begin(makeJournal(close));
  upgrade.end();
  expect(close).toHaveBeenCalledOnce();
  expect(upgrade.journal).toBeNull();
  await upgrade.begun;
});
