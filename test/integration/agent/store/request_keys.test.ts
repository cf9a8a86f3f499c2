// The keys of requests: which request was the first with a key, also for later agents.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { agentLimits } from '../../../../agent/limits.js';
import { openRequestKeys } from '../../../../agent/store/request_keys.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { makeReadOnly } from '../../../helpers/faults/read_only.js';

function makeState() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return stateFolder(folder);
}

const asked = { key: 'a'.repeat(64), tenant: 'acme', wish: 'v0.2.0' };

it('the first id of a key counts at once and for the next agent, for its tenant and what it asked for', async () => {
  const state = makeState();
  const keys = await openRequestKeys(state);
  expect(keys.find(asked)).toBeNull();
  const noted = keys.note(asked, 'first');
  expect(keys.find(asked)).toBe('first');
  await Promise.all([noted, keys.note(asked, 'first')]);
  // Torn by a power cut.
  appendFileSync(state.keys, '\n{"key":"bb');
  for (const known of [keys, await openRequestKeys(state)]) {
    expect(known.find(asked)).toBe('first');
    expect(known.find({ ...asked, tenant: 'bmce' })).toBeNull();
    expect(known.find({ ...asked, key: 'b'.repeat(64) })).toBeNull();
    expect(() => known.find({ ...asked, wish: 'v0.3.0' })).toThrow(expect.objectContaining({ code: 'key-reused' }));
  }
  expect(readFileSync(state.keys, 'utf8').split('\n').filter(Boolean)).toHaveLength(2);
});

it('a key that the disk refuses does not count', async () => {
  const state = makeState();
  const keys = await openRequestKeys(state);
  const mend = makeReadOnly(state.folder);
  await expect(keys.note(asked, 'first')).rejects.toMatchObject({ code: 'io' });
  expect(keys.find(asked)).toBeNull();
  mend();
  await keys.note(asked, 'second');
  expect((await openRequestKeys(state)).find(asked)).toBe('second');
});

it('over their number the first are forgotten, and the file is written anew', async () => {
  const state = makeState();
  const { max } = agentLimits.requestKeys;
  const line = (index: number) => JSON.stringify({ ...asked, key: `k${index}`, id: `id${index}` });
  writeFileSync(state.keys, `${Array.from({ length: 2 * max }, (_, index) => line(index)).join('\n')}\n`);
  const keys = await openRequestKeys(state);
  const find = (index: number) => keys.find({ ...asked, key: `k${index}` });
  expect([find(max - 1), find(max), find(2 * max - 1)]).toEqual([null, `id${max}`, `id${2 * max - 1}`]);
  await keys.note(asked, 'new');
  expect(readFileSync(state.keys, 'utf8').trim().split('\n')).toHaveLength(max);
  const next = await openRequestKeys(state);
  expect([next.find(asked), next.find({ ...asked, key: `k${max + 1}` })]).toEqual(['new', `id${max + 1}`]);
});
