// What comes next, for the circumstances that no journal holds: `on_failure: stay`, and a rollback marker.
import { describe, expect, it } from 'vitest';
import { judgeCancel, type CancelAnswer } from '../../../../agent/upgrade/cancel_rule.js';
import { next } from '../../../../agent/upgrade/next.js';
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import type { Event, EventBody, StepStage } from '../../../../shared/model/journal/events.js';
import { foldProgress } from '../../../../shared/model/journal/progress.js';
import type { StepName } from '../../../../shared/model/step_names.js';

const marker = { verdict: null };
const failure = { step: 'migrate', code: 'io', message: 'it failed', output_tail: '', needs_operator: false } as const;

const begin = (step: StepName): EventBody => ({ type: 'step-begin', step, stage: 'run' });
const end = (step: StepName): EventBody => ({ type: 'step-end', step, stage: 'run', status: 'ok' });
const fail = (step: StepName): EventBody => ({ type: 'step-end', step, stage: 'run', status: 'failed', failure });
const prepared = pipeline
  .filter((step) => step.prepare !== undefined)
  .flatMap(({ name: step }): EventBody[] => [
    { type: 'step-begin', step, stage: 'prepare' },
    { type: 'step-end', step, stage: 'prepare', status: 'ok' },
  ]);
const stopped = [...prepared, begin('stop-services'), end('stop-services')];

function decide(bodies: readonly EventBody[], circumstances: Partial<Parameters<typeof next>[2]> = {}) {
  const events: Event[] = bodies.map((body, index) => ({ ...body, n: index + 1, at: '' }));
  const action = next(pipeline, foldProgress(events), { stay: false, marker: null, ...circumstances });
  return action.do === 'finish' ? action : { ...action, step: action.step.name };
}

describe('a rollback marker', () => {
  it('fails the stage that was to begin', () => {
    expect(decide([])).toEqual({ do: 'prepare', step: 'hooks-pre-pull' });
    expect(decide([], { marker })).toEqual({ do: 'fail', stage: 'prepare', step: 'hooks-pre-pull' });
    expect(decide(stopped)).toEqual({ do: 'run', step: 'backup-database' });
    expect(decide(stopped, { marker })).toEqual({ do: 'fail', stage: 'run', step: 'backup-database' });
  });

  it('fails the stage that an earlier agent had begun', () => {
    const events = [...stopped, begin('checkout')];
    expect(decide(events)).toEqual({ do: 'run', step: 'checkout' });
    expect(decide(events, { marker })).toEqual({ do: 'fail', stage: 'run', step: 'checkout' });
  });

  it('bars no undo, whether it is to begin or had begun', () => {
    const events = [...stopped, begin('checkout'), fail('checkout')];
    expect(decide(events, { marker })).toEqual({ do: 'undo', step: 'checkout' });
    const begun: EventBody = { type: 'step-begin', step: 'checkout', stage: 'undo' };
    expect(decide([...events, begun], { marker })).toEqual({ do: 'undo', step: 'checkout' });
  });

  it('bars no end', () => {
    const events = [...prepared, ...pipeline.flatMap(({ name }) => [begin(name), end(name)])];
    expect(decide(events, { marker })).toEqual({ do: 'finish', status: 'success', hold: null });
  });
});

describe('`on_failure: stay`', () => {
  const events = [...stopped, begin('checkout'), fail('checkout')];
  it('starts the services and undoes nothing else', () => {
    expect(decide(events, { stay: true })).toEqual({ do: 'undo', step: 'stop-services' });
  });

  it('is not for an operator, who asks for the old version', () => {
    const rollback: EventBody = { type: 'rollback', id: 'r', restore_database: false };
    expect(decide([...events, rollback], { stay: true })).toEqual({ do: 'undo', step: 'checkout' });
  });
});

const answers = (stage: StepStage) => new Set(pipeline.map((step) => judgeCancel(step, stage)));
const running = (answer: CancelAnswer) =>
  pipeline.filter((step) => judgeCancel(step, 'run') === answer).map(({ name }) => name);

it('a cancel stops all that is prepared and nothing that is undone; what runs, as its step says', () => {
  expect(answers('prepare')).toEqual(new Set(['allowed']));
  expect(answers('undo')).toEqual(new Set(['never']));
  expect(running('needs-force')).toEqual(['migrate']);
  expect(running('never')).toEqual(['start-services', 'health-check']);
});
