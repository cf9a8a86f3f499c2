// What an agent finds that starts after another one.
import { existsSync, mkdirSync, readdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { createGuard } from '../../../../agent/store/guards/mark.js';
import { sweepMarks } from '../../../../agent/store/guards/sweep_marks.js';
import { createJournal, openJournal } from '../../../../agent/store/journal.js';
import { writeQueued } from '../../../../agent/store/queue.js';
import { openTombstones } from '../../../../agent/store/tombstones.js';
import { recoverUpgrades } from '../../../../agent/scheduler/recover.js';
import { sweepStateFolder } from '../../../../agent/store/sweep_drafts.js';
import { makeStateFolder, stateFolder, type StateFolder } from '../../../../agent/store/state_folder.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeReadOnly } from '../../../helpers/faults/read_only.js';

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
const tenant = 'a';

async function makeState(): Promise<StateFolder> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-recover-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = stateFolder(folder);
  await makeStateFolder(state);
  return state;
}

/** With the time that it may take to begin, from now on. */
async function accept(state: StateFolder, startWithinMs = Number.POSITIVE_INFINITY): Promise<string> {
  const id = uuidv7();
  const origin = { by: 'host', startWithinMs } as const;
  const accepted_at = systemClock.now().toISOString();
  await writeQueued(state, { id, tenant, request, origin, place: 0, accepted_at });
  return id;
}

async function begin(state: StateFolder, id: string): Promise<void> {
  const journal = await createJournal(path.join(state.upgrades, id), systemClock);
  journal.append({
    type: 'begin',
    version: 1,
    id,
    tenant,
    host: 'h',
    request,
    plan: null,
    current_version: null,
    config: null,
  });
  journal.close();
}

it('goes on with all that is left where the disk has become read-only', async () => {
  const state = await makeState();
  const begun = await accept(state);
  await begin(state, begun);
  const accepted = await accept(state);
  makeReadOnly(state.queued);
  const goneOnWith: string[] = [];
  const ids = await recoverUpgrades({
    state,
    tombstones: await openTombstones(state),
    log: collectLog(),
    now: systemClock.now(),
    resume: ({ id }) => goneOnWith.push(`begun ${id}`),
    enqueue: ({ id }) => goneOnWith.push(`accepted ${id}`),
  });
  expect(ids).toEqual([begun, accepted]);
  expect(goneOnWith).toEqual([`begun ${begun}`, `accepted ${accepted}`]);
});

it('gives what was accepted only the time that is left of its own', async () => {
  const state = await makeState();
  const [limited, unlimited] = [await accept(state, 60_000), await accept(state)];
  const left = new Map<string, number>();
  const recover = (now: Date) =>
    openTombstones(state).then((tombstones) =>
      recoverUpgrades({
        state,
        tombstones,
        log: collectLog(),
        now,
        resume() {},
        enqueue: ({ id, origin }) => left.set(id, origin.startWithinMs),
      }),
    );
  const later = new Date(systemClock.now().getTime() + 50_000);
  await recover(later);
  expect(left.get(limited)).toBeLessThanOrEqual(10_000);
  expect(left.get(limited)).toBeGreaterThan(0);
  expect(left.get(unlimited)).toBe(Number.POSITIVE_INFINITY);
  await recover(new Date(later.getTime() + 50_000));
  expect(left.get(limited)).toBeLessThan(0);
});

it('removes the drafts that an agent left which was killed while it wrote', async () => {
  const state = await makeState();
  const begun = await accept(state);
  await begin(state, begun);
  const run = path.join(state.upgrades, begun, 'commands/checkout.import');
  mkdirSync(run, { recursive: true });
  const kept = [path.join(run, 'environment'), path.join(run, 'output'), path.join(state.queued, `${begun}.json`)];
  // An enrolment may be under way: it writes under a lock of its own.
  const foreign = `${state.identity}.new`;
  const drafts = [path.join(run, `environment.${uuidv7()}`), `${state.uplink}.new`, `${kept[2]}.new`];
  drafts.push(`${state.recordFile(tenant)}.new`);
  for (const file of [...kept, ...drafts, foreign]) writeFileSync(file, '');
  await sweepStateFolder(state);
  const tombstones = await openTombstones(state);
  const means = { state, tombstones, log: collectLog(), now: systemClock.now(), resume() {}, enqueue() {} };
  expect(await recoverUpgrades(means)).toEqual([begun]);
  expect(drafts.filter((file) => existsSync(file))).toEqual([]);
  expect([...kept.slice(0, 2), foreign].filter((file) => !existsSync(file))).toEqual([]);
});

it('lets the units of tenants go whose upgrade is over or gone, and no others', async () => {
  const state = await makeState();
  const ids = { over: uuidv7(), held: uuidv7(), runs: uuidv7(), gone: uuidv7() };
  for (const [slug, id] of Object.entries(ids)) await createGuard(state.guards, { slug, id }).raise();
  for (const id of [ids.over, ids.held, ids.runs]) await begin(state, id);
  const finish = { type: 'finish', status: 'failed', current_version: null, failure: null } as const;
  for (const [id, hold] of [
    [ids.over, null],
    [ids.held, 'undo-failed'],
  ] as const) {
    const journal = await openJournal(path.join(state.upgrades, id), systemClock);
    journal.append({ ...finish, hold });
    journal.close();
  }
  writeFileSync(path.join(state.guards, '.reload'), '');
  writeFileSync(path.join(state.guards, 'held.new'), '');
  await sweepStateFolder(state);
  await sweepMarks(state, collectLog());
  expect(readdirSync(state.guards).toSorted()).toEqual(['.reload', 'held', 'runs']);
});
