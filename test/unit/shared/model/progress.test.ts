// The progress of an upgrade whose undo failed, before and after an operator resumed it.
import { expect, it } from 'vitest';
import type { EventBody } from '../../../../shared/model/journal/events.js';
import { foldProgress, type Progress } from '../../../../shared/model/journal/progress.js';
import type { Failure } from '../../../../shared/model/result.js';
import { stampEvents } from '../../../helpers/controller/stored_streams.js';

const fail = (message: string): Failure => ({
  step: 'checkout',
  code: 'io',
  message,
  output_tail: '',
  needs_operator: false,
});
const fold = (bodies: readonly EventBody[]): Progress => foldProgress(stampEvents(bodies));
const about = { step: 'checkout', stage: 'undo' } as const;
const failedRun: EventBody = {
  type: 'step-end',
  step: 'checkout',
  stage: 'run',
  status: 'failed',
  failure: fail('run'),
};
const failedUndo = (message: string): EventBody => ({
  type: 'step-end',
  ...about,
  status: 'failed',
  failure: fail(message),
});
const undone: EventBody = { type: 'step-end', ...about, status: 'ok' };
const resumed: EventBody = { type: 'resume', id: 'r', accept: false };
const finish = (hold: 'undo-failed' | 'data-changed'): EventBody => ({
  type: 'finish',
  status: 'failed',
  current_version: null,
  hold,
  failure: null,
});

it('has the failure of the latest undo, beside the one that it rolls back for', () => {
  expect(fold([failedRun, failedUndo('first'), failedUndo('second')])).toMatchObject({
    direction: 'back',
    failure: { message: 'run' },
    undoFailure: { message: 'second' },
    undoFailures: new Map([['checkout', 2]]),
  });
});

it('counts failures of undos anew after a resume, and knows what was undone since', () => {
  const events = [failedRun, failedUndo('first'), finish('undo-failed'), resumed];
  expect(fold(events)).toMatchObject({ undoFailure: null, undoFailures: new Map(), undoneSinceResume: new Set() });
  expect(fold([...events, undone]).undoneSinceResume).toEqual(new Set(['checkout']));
});

it('knows of nothing undone since a resume where nobody resumed the rollback', () => {
  expect(fold([failedRun, undone]).undoneSinceResume).toEqual(new Set());
  // This resume retries the steps from the commit point on; what is undone later is not undone for it.
  const forward = fold([failedRun, finish('data-changed'), resumed, failedRun, undone]);
  expect(forward).toMatchObject({ direction: 'back', undoneSinceResume: new Set(), undone: new Set(['checkout']) });
});
