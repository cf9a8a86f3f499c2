// An upgrade's row in a list, as its events come.
import { expect, it } from 'vitest';
import { emptySummary, summarize, type Summary } from '../../../../controller/store/summary.js';
import type { EventBody } from '../../../../shared/model/journal/events.js';
import type { Failure } from '../../../../shared/model/result.js';
import { beginOf, stampEvents } from '../../../helpers/controller/stored_streams.js';

const fold = (bodies: readonly EventBody[]): Summary => stampEvents(bodies).reduce(summarize, emptySummary);
const failure: Failure = {
  step: 'stop-services',
  code: 'io',
  message: 'it does not start',
  output_tail: '',
  needs_operator: true,
};
const begin = beginOf('u', 'acme', 'h1');
const held: readonly EventBody[] = [
  begin,
  { type: 'step-begin', step: 'stop-services', stage: 'undo' },
  { type: 'finish', status: 'failed', current_version: 'v0.1.0', hold: 'undo-failed', failure },
];
const again = { status: 'running', finished_at: null, step: null, message: null, needs_operator: false };

it('says from the first event on that it runs, and which step', () => {
  expect(fold([begin])).toMatchObject({ ...again, new_version: 'v0.2.0', started_at: expect.any(String) });
  expect(fold(held.slice(0, 2))).toMatchObject({ ...again, step: 'stop-services' });
});

it('says of an upgrade that waits for an operator so, and why', () => {
  const { finished_at: end, ...row } = fold(held);
  expect(row).toMatchObject({ status: 'failed', step: null, message: 'it does not start', needs_operator: true });
  expect(end).not.toBeNull();
});

it.each([
  ['resume', { type: 'resume', id: 'r', accept: false }],
  ['rollback', { type: 'rollback', id: 'r', restore_database: false }],
] as const)('needs no operator any more after a %s, and runs', (_, event) => {
  expect(fold([...held, event])).toMatchObject(again);
});

it('stays as it ended where an operator accepts that', () => {
  expect(fold([...held, { type: 'resume', id: 'r', accept: true }])).toEqual(fold(held));
});
