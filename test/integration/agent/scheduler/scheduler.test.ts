// Upgrades that were accepted, on a disk that then takes no more.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { findUpgrade, listUpgradeIds } from '../../../../agent/store/find_upgrades.js';
import { openRequestKeys } from '../../../../agent/store/request_keys.js';
import { openTombstones } from '../../../../agent/store/tombstones.js';
import { readStreamHead, type StreamHead } from '../../../../agent/store/stream/stream_heads.js';
import { makeStateFolder, stateFolder, type StateFolder } from '../../../../agent/store/state_folder.js';
import { createScheduler } from '../../../../agent/scheduler/scheduler.js';
import { systemClock, type Clock } from '../../../../shared/os/clock.js';
import { AppError } from '../../../../shared/errors.js';
import { openHost } from '../../../helpers/agent/in_process_host.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeReadOnly } from '../../../helpers/faults/read_only.js';

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };

async function makeState() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-upgrades-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = stateFolder(folder);
  await makeStateFolder(state);
  return state;
}

/** Puts a disk there that takes folders and empty files only, until the function that it returns is called. */
function fillDisk(folder: string): () => void {
  const filler = path.join(folder, 'filler');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'drover-test', folder]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  execFileSync('sh', ['-c', '! head -c 1M /dev/zero >"$1" 2>/dev/null', 'sh', filler]);
  return () => rmSync(filler, { force: true });
}

/** Whoever waits on this clock has what is wrong mended. */
const mendingClock = (mend: () => void): Clock => ({ ...systemClock, wait: async () => mend() });

/** Whoever waits on this clock waits until it is released to go on. */
function heldClock() {
  const held = new AbortController();
  const released = once(held.signal, 'abort');
  return { clock: { ...systemClock, wait: async () => void (await released) }, goOn: () => held.abort() };
}

async function openUpgrades(state: StateFolder, clock: Clock) {
  const log = collectLog();
  /** What could be shown of an upgrade whenever it was told that one has begun. */
  const shown: (StreamHead | null)[] = [];
  const upgrades = createScheduler({
    host: openHost(state, clock),
    tombstones: await openTombstones(state),
    keys: await openRequestKeys(state),
    log,
    maxConcurrent: 1,
    findTenant() {
      throw new AppError('unknown-tenant', 'no such tenant');
    },
    onBegin: (id) => void readStreamHead(state, upgrades.journals, id).then((head) => shown.push(head)),
    onEnd: async () => {},
  });
  const ask = async (slug: string) => {
    const id = uuidv7();
    await upgrades.upgrade(id, slug, { request, origin: { by: 'host', startWithinMs: Number.POSITIVE_INFINITY } });
    return id;
  };
  return { log, upgrades, ask, shown };
}

it('waits with its first event until the disk takes it, and then writes all of it', async () => {
  const state = await makeState();
  const { log, upgrades, ask } = await openUpgrades(state, mendingClock(makeReadOnly(state.upgrades)));
  const id = await ask('a');
  await upgrades.idle();
  expect(log.lines).toMatchObject([
    { level: 'error', message: 'the upgrade waits until this error is fixed' },
    { level: 'warn', message: 'an upgrade was refused', fields: { tenant: 'a', why: 'no such tenant' } },
  ]);
  expect(findUpgrade(state, id)?.progress.finish).toMatchObject({
    status: 'refused',
    failure: { code: 'unknown-tenant', message: 'no such tenant' },
  });
  expect(readdirSync(state.queued)).toEqual([]);
});

it('is shown as soon as the disk takes its first event, if that was held', async () => {
  const state = await makeState();
  const { upgrades, ask, shown } = await openUpgrades(state, mendingClock(fillDisk(state.upgrades)));
  const upgrade = await ask('a');
  await upgrades.idle();
  expect(shown).toEqual([null, { upgrade, events: 2 }]);
  expect(readdirSync(state.queued)).toEqual([]);
});

/** Two upgrades on a disk that takes nothing: the first waits for the disk, the second in the queue. */
async function openWaiting() {
  const state = await makeState();
  const mend = makeReadOnly(state.upgrades);
  const { clock, goOn } = heldClock();
  const { upgrades, ask } = await openUpgrades(state, clock);
  const ids = [await ask('a'), await ask('b')];
  const cancel = () => upgrades.cancel('b', { force: false });
  const seeStatuses = async () => {
    mend();
    goOn();
    await upgrades.idle();
    return ids.map((id) => findUpgrade(state, id)?.progress.finish?.status);
  };
  return { state, mend, upgrades, ids, cancel, seeStatuses };
}

it('stays queued when a cancel of it cannot be written, and can be cancelled after that', async () => {
  const { state, mend, upgrades, ids, cancel, seeStatuses } = await openWaiting();
  const [first, second] = ids;
  await expect(cancel()).rejects.toMatchObject({ code: 'io', message: expect.stringContaining(state.upgrades) });
  expect(upgrades.list()).toMatchObject([
    { id: first, state: 'running' },
    { id: second, state: 'queued' },
  ]);
  mend();
  expect(await cancel()).toBe(second);
  expect(await seeStatuses()).toEqual(['refused', 'cancelled']);
  expect(readdirSync(state.queued)).toEqual([]);
});

it('leaves the queue though a cancel of it could not be written', async () => {
  const { cancel, seeStatuses } = await openWaiting();
  await expect(cancel()).rejects.toMatchObject({ code: 'io' });
  expect(await seeStatuses()).toEqual(['refused', 'refused']);
});

it('begins what was accepted in the order of acceptance, though the clock is set back and agents start anew', async () => {
  const state = await makeState();
  const mend = makeReadOnly(state.upgrades);
  let hour = 24;
  const { clock: held } = heldClock();
  /** Each look at it shows an earlier hour. */
  const clock = { ...held, now: () => new Date(Date.UTC(2026, 0, 1, (hour -= 1))) };
  const first = await openUpgrades(state, clock);
  const ids = [await first.ask('a'), await first.ask('b')];
  const second = await openUpgrades(state, clock);
  await second.upgrades.recover();
  ids.push(await second.ask('c'), await second.ask('d'));
  mend();
  const third = await openUpgrades(state, systemClock);
  expect(await third.upgrades.recover()).toEqual(ids);
  await third.upgrades.idle();
  expect(await listUpgradeIds(state)).toEqual(ids.toReversed());
});
