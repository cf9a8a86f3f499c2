// Finding upgrades among the journals of many tenants.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { findLatest, findRollbackTarget, findUnfinished } from '../../../../agent/store/find_upgrades.js';
import { createLatestUpgrades } from '../../../../agent/report/latest_upgrades.js';
import { listStreamHeads } from '../../../../agent/store/stream/stream_heads.js';
import { noOpenJournals } from '../../../../agent/store/open_journals.js';
import { createJournal, type Journal } from '../../../../agent/store/journal.js';
import { makeStateFolder, stateFolder, type StateFolder } from '../../../../agent/store/state_folder.js';
import { systemClock } from '../../../../shared/os/clock.js';
import type { EventBody } from '../../../../shared/model/journal/events.js';

let state: StateFolder;
beforeEach(async () => {
  state = stateFolder(mkdtempSync(path.join(tmpdir(), 'drover-find-')));
  await makeStateFolder(state);
});
afterEach(() => rmSync(state.folder, { recursive: true }));

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };
const line: EventBody = { type: 'line', text: 'Stopping services...' };
const finish = (message: string): EventBody => ({
  type: 'finish',
  status: 'failed',
  current_version: null,
  hold: null,
  failure: { step: null, code: 'io', message, output_tail: '', needs_operator: false },
});
const resume: EventBody = { type: 'resume', accept: false };

/** An upgrade with these events after its first, which holds `note` among others; its id. */
async function make(tenant: string, bodies: EventBody[], note = ''): Promise<string> {
  const id = uuidv7();
  const journal: Journal = await createJournal(path.join(state.upgrades, id), systemClock);
  journal.append({
    type: 'begin',
    version: 1,
    id,
    tenant,
    host: 'h',
    request,
    plan: null,
    current_version: null,
    config: { note },
  });
  for (const body of bodies) journal.append(body);
  journal.close();
  return id;
}

describe('the latest upgrade of a tenant', () => {
  it('is found among others, however long its first event is', async () => {
    await make('a', [finish('older')]);
    const latest = await make('a', [finish('newer')], 'ä'.repeat(30_000));
    await make('b', [finish('other')]);
    expect(await findLatest(state, 'a')).toMatchObject({ id: latest, begin: { tenant: 'a' } });
    expect(await findLatest(state, 'c')).toBeNull();
  });
});

describe('an unfinished upgrade', () => {
  it.each([
    ['was only begun', [], true],
    ['is in the middle', [line], true],
    ['was taken up again after its end', [finish('no'), resume], true],
    ['has ended', [line, finish('no')], false],
    ['has ended with a long word', [finish('no '.repeat(9000))], false],
    ['has ended, and got more events', [finish('no'), line], false],
  ] as const)('is one that %s: %#', async (_what, bodies, isUnfinished) => {
    const id = await make('a', [...bodies]);
    expect(findUnfinished(state, id)?.id ?? null).toBe(isUnfinished ? id : null);
  });

  it('is one whose last event was torn off', async () => {
    const id = await make('a', [line]);
    appendFileSync(path.join(state.upgrades, id, 'journal.jsonl'), '{"type":"finish"');
    expect(findUnfinished(state, id)?.events.length).toBe(2);
  });
});

/** Whoever reads such a journal whole fails: its second event is none. */
function breakMiddle(id: string): void {
  const file = path.join(state.upgrades, id, 'journal.jsonl');
  const [begin = '', , ...rest] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [begin, '{', ...rest].join('\n'));
}

describe('a listing', () => {
  const rolledBack: EventBody = {
    type: 'finish',
    status: 'rolled_back',
    current_version: null,
    hold: null,
    failure: null,
  };

  it('of streams reads no journal whole, and counts complete events, however long the last one is', async () => {
    const ids = [await make('a', [line, line, finish('no '.repeat(9000))]), await make('b', [line, line])];
    ids.forEach(breakMiddle);
    appendFileSync(path.join(state.upgrades, ids[1] ?? '', 'journal.jsonl'), `{"n":4,"text":"${'x'.repeat(9000)}`);
    const heads = await listStreamHeads(state, noOpenJournals);
    expect(new Map(heads.map(({ upgrade, events }) => [upgrade, events]))).toEqual(
      new Map([
        [ids[0], 4],
        [ids[1], 3],
      ]),
    );
  });

  it('for reports and rollbacks reads no journal whole but the one that it is about', async () => {
    const older = await make('a', [line, finish('no')]);
    const back = await make('a', [line, line, rolledBack]);
    const latest = await make('b', [line, finish('no')]);
    [older, back].forEach(breakMiddle);
    expect(await createLatestUpgrades(state).find('b')).toMatchObject({ id: latest });
    // The one that was rolled back is passed over by its end; the one before it is the target, and is read.
    await expect(findRollbackTarget(state, 'a')).rejects.toThrow(older);
  });
});
