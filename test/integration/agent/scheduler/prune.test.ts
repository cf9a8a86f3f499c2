// What rollbacks set aside goes when there is more of it than is kept.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { createJournal } from '../../../../agent/store/journal.js';
import { makeStateFolder, stateFolder } from '../../../../agent/store/state_folder.js';
import { pruneJournals } from '../../../../agent/scheduler/clean_up/prune.js';
import { noteBegin } from '../../../../agent/store/begin_order.js';
import { findLatest, findUpgrade } from '../../../../agent/store/find_upgrades.js';
import { openTombstones } from '../../../../agent/store/tombstones.js';
import { agentLimits } from '../../../../agent/limits.js';
import { cleanUp } from '../../../../agent/scheduler/clean_up/clean_up.js';
import { createExclusive } from '../../../../agent/upgrade/exclusive.js';
import { openTenantLedger } from '../../../../agent/upgrade/made_files.js';
import { pruneBackups } from '../../../../agent/scheduler/clean_up/prune_backups.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { openHost } from '../../../helpers/agent/in_process_host.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeTenant } from '../tenant/database/tenant_database.js';

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
const kept = (hour: number) => ['', '-wal', '_2', '_2-wal'].map((end) => `20251216_1${hour}0000${end}`);

it('removes the databases that older rollbacks set aside, but none of an upgrade that waits for an operator', async () => {
  const state = stateFolder(mkdtempSync(path.join(tmpdir(), 'drover-tidy-')));
  await makeStateFolder(state);
  const { database, context, file, folder } = makeTenant();
  const setAside = async (hour: number, hold: 'undo-failed' | null) => {
    const [id, stamp] = [uuidv7(), `20251216_1${hour}0000`];
    const journal = await createJournal(path.join(state.upgrades, id), systemClock);
    journal.append({
      type: 'begin',
      version: 1,
      id,
      tenant: 'a',
      host: 'h',
      request,
      plan: null,
      current_version: null,
      config: null,
    });
    journal.append({ type: 'memo', key: 'aside_stamp', value: stamp });
    journal.append({ type: 'finish', status: 'failed', current_version: null, hold, failure: null });
    journal.close();
    for (const end of ['', '-wal', '_2', '_2-wal']) writeFileSync(`${file}.failed_${stamp}${end}`, '');
  };
  for (const hour of [0, 1, 2, 3]) await setAside(hour, hour === 1 ? 'undo-failed' : null);
  writeFileSync(`${file}.failed_by_hand`, '');

  const ledger = openTenantLedger({ state, exclusive: createExclusive() }, 'a', database);
  await pruneBackups({ state, features: { database, ledger }, readContext: context }, { keep: 1, spared: new Set() });
  const left = readdirSync(folder)
    .filter((name) => name.includes('.failed_'))
    .map((name) => name.replace(/^.*\.failed_/, ''));
  expect(left.toSorted()).toEqual([...kept(1), ...kept(3), 'by_hand'].toSorted());
  rmSync(state.folder, { recursive: true });
});

const day = 24 * 3_600_000;

interface Added {
  status?: 'success' | 'refused' | 'rolled_back' | 'failed';
  id?: string;
  hold?: 'undo-failed' | null;
  isOver?: boolean;
}

async function openState() {
  const state = stateFolder(mkdtempSync(path.join(tmpdir(), 'drover-journals-')));
  await makeStateFolder(state);
  const tombstones = await openTombstones(state);
  onTestFinished(() => {
    tombstones.close();
    rmSync(state.folder, { recursive: true });
  });
  const now = new Date('2026-06-01T00:00:00Z');
  /** An upgrade that began at this time by the host's clock, under an id of that time. */
  const add = async (at: Date, { status = 'success', id = uuidv7(), hold = null, isOver = true }: Added = {}) => {
    const journal = await createJournal(
      path.join(state.upgrades, id),
      { ...systemClock, now: () => at },
      { hasReserve: false },
    );
    await noteBegin(state, id);
    const begin = { type: 'begin', version: 1, id, tenant: 'a', host: 'h', request, plan: null } as const;
    journal.append({ ...begin, current_version: null, config: null });
    if (status !== 'refused') {
      journal.append({ type: 'step-begin', step: 'stop-services', stage: 'run' });
      journal.append({ type: 'step-end', step: 'stop-services', stage: 'run', status: 'ok' });
    }
    if (isOver) journal.append({ type: 'finish', status, current_version: null, hold, failure: null });
    journal.close();
    return id;
  };
  const failed: string[] = [];
  const prune = async () => {
    const keep = { upgrades: 2, journals: 30 * day };
    await pruneJournals({ state, tombstones }, keep, {
      now,
      onError: (id) => failed.push(id),
      beforeRemoval: async () => {},
    });
    return readdirSync(state.upgrades).toSorted();
  };
  const ago = (days: number) => new Date(now.getTime() - days * day);
  return { state, tombstones, now, add, prune, ago, failed };
}

describe('journals', () => {
  it('go by age and number, though a wrong clock dated one into the future', async () => {
    const { tombstones, add, prune, ago } = await openState();
    const old = [await add(ago(100)), await add(ago(-1500)), await add(ago(90)), await add(ago(80))];
    const kept = [await add(ago(20)), await add(ago(-1500)), await add(ago(10))];
    expect(await prune()).toEqual(kept.toSorted());
    expect(old.map((id) => tombstones.find(id)?.why)).toEqual(['ended', 'ended', 'ended', 'ended']);
  });

  it('of the latest upgrades are kept, whatever time is in their ids', async () => {
    const { state, add, prune, ago } = await openState();
    await add(ago(100), { id: 'ffffffff-ffff-7fff-bfff-ffffffffffff' });
    const kept = [await add(ago(90), { id: '00000000-0000-7000-8000-000000000001' }), await add(ago(80))];
    expect(await prune()).toEqual(kept.toSorted());
    expect((await findLatest(state, 'a'))?.id).toBe(kept[1]);
  });

  it('of refused upgrades are few, and push no other one out', async () => {
    const { add, prune, ago } = await openState();
    const ran = [await add(ago(100)), await add(ago(90))];
    const refused: string[] = [];
    while (refused.length < agentLimits.idleUpgrades.max + 3) refused.push(await add(ago(1), { status: 'refused' }));
    expect(await prune()).toEqual([...ran, ...refused.slice(3)].toSorted());
  });

  it('of upgrades that wait for an operator, or run, are kept, whatever their age', async () => {
    const { add, prune, ago } = await openState();
    const open = [
      await add(ago(100), { status: 'failed', hold: 'undo-failed' }),
      await add(ago(95), { isOver: false }),
    ];
    await add(ago(90));
    const kept = [...open, await add(ago(85)), await add(ago(80))];
    expect(await prune()).toEqual(kept.toSorted());
  });

  it('of the upgrade that a rollback would undo is kept, whatever failed after it', async () => {
    const { add, prune, ago } = await openState();
    await add(ago(110));
    const standing = await add(ago(100));
    await add(ago(90), { status: 'rolled_back' });
    const kept = [
      standing,
      await add(ago(85), { status: 'rolled_back' }),
      await add(ago(80), { status: 'rolled_back' }),
    ];
    expect(await prune()).toEqual(kept.toSorted());
  });

  it('that cannot be read do not stop the others', async () => {
    const { state, add, prune, ago, failed } = await openState();
    const odd = await add(ago(100));
    appendFileSync(path.join(state.upgrades, odd, 'journal.jsonl'), 'rubbish\n');
    await add(ago(95));
    const kept = [odd, await add(ago(90)), await add(ago(80))];
    expect(await prune()).toEqual(kept.toSorted());
    expect(failed).toEqual([odd]);
  });
});

describe('the cleanup', () => {
  it('after a refusal without a configuration prunes, too: journals, and ids in the order of those that are gone', async () => {
    const { state, tombstones, now, add, ago } = await openState();
    const refused: string[] = [];
    while (refused.length < agentLimits.idleUpgrades.max + 3) refused.push(await add(ago(1), { status: 'refused' }));
    const last = refused.at(-1) ?? '';
    const gone = Array.from({ length: 1000 }, () => uuidv7());
    writeFileSync(state.order, [...gone, ...refused].map((id) => `${id}\n`).join(''));
    const upgrade = findUpgrade(state, last);
    if (upgrade === null) throw new Error('it has not begun');
    const log = collectLog();
    const host = openHost(state, { ...systemClock, now: () => now });
    await cleanUp({ host, tombstones, upgrade, keep: { upgrades: 2, journals: 30 * day }, log });
    expect(log.lines).toEqual([]);
    expect(readdirSync(state.upgrades).toSorted()).toEqual(refused.slice(3).toSorted());
    expect(readFileSync(state.order, 'utf8').trim().split('\n')).toEqual(refused.slice(3));
  });
});
