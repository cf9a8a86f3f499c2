// How long the services were down, from each stop (of the upgrade, or of its undo) until they were started: before an
// operator asked for a rollback, and from then on.
import { runningBeforeKey, type Event, type StepStage, type Verdict } from './events.js';
import { elapsedMs } from '../elapsed.js';
import type { StepName } from '../step_names.js';

export interface DowntimeFold {
  add(event: Event): void;
  /** Until `now`, where they are still down. */
  read(now: string): { ownMs: number; rollbackMs: number };
}

interface Span {
  totalMs: number;
  downSince: string | null;
}

/** They are up at first. */
export function createDowntimeFold(): DowntimeFold {
  const own: Span = { totalMs: 0, downSince: null };
  const rollback: Span = { totalMs: 0, downSince: null };
  let current = own;
  /** They were stopped before the upgrade: nothing of it is downtime. */
  let wereStopped = false;
  return {
    add(event) {
      if (event.type === 'memo' && event.key === runningBeforeKey && isEmpty(event.value)) {
        wereStopped = true;
        own.downSince = null;
      }
      if (wereStopped) return;
      if (event.type === 'rollback' && current === own) {
        end(own, event.at);
        current = rollback;
      }
      if (event.type === 'step-begin' && isStop(event)) current.downSince ??= event.at;
      if (event.type !== 'step-end' || event.status !== 'ok') return;
      if (event.verdict === 'declined') current.downSince = null;
      if (isStart(event)) end(current, event.at);
    },
    read: (now) => ({ ownMs: measure(own, now), rollbackMs: measure(rollback, now) }),
  };
}

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
const isStop = ({ step, stage }: { step: StepName; stage: StepStage }) =>
  (step === 'stop-services' && stage === 'run') || (step === 'start-services' && stage === 'undo');
/** An undo of the start that ends in a hold has started the services again. */
const isStart = ({ step, stage, verdict }: { step: StepName; stage: StepStage; verdict?: Verdict | undefined }) =>
  (step === 'start-services' && (stage === 'run' || verdict === 'hold')) ||
  (step === 'stop-services' && stage === 'undo');

function measure({ totalMs, downSince }: Span, now: string): number {
  return totalMs + (downSince === null ? 0 : elapsedMs(downSince, now));
}

function end(span: Span, at: string): void {
  span.totalMs = measure(span, at);
  span.downSince = null;
}
