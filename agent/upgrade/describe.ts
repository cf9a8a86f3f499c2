// Describes an upgrade's failures and its end for the journal.
import { toAppError } from '../../shared/errors.js';
import type { EventOf } from '../../shared/model/events.js';
import type { StepName } from '../../shared/model/step_names.js';
import type { Failure } from '../../shared/model/result.js';
import type { Journal } from '../store/journal.js';
import type { FinalStatus } from './next.js';
import { foldProgress, type Progress } from '../../shared/model/progress.js';

/** The error of a step as the `failure` of a result. */
export function describeFailure(step: StepName, thrown: unknown): Failure {
  const { code, message, hint, details } = toAppError(thrown);
  const text = (key: string) => (typeof details[key] === 'string' ? details[key] : undefined);
  const exitCode = details['exit_code'];
  const hook = text('hook');
  const signal = text('signal');
  return {
    step,
    ...(hook === undefined ? {} : { hook }),
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(typeof exitCode === 'number' ? { exit_code: exitCode } : {}),
    ...(signal === undefined ? {} : { signal }),
    output_tail: text('output_tail') ?? '',
    needs_operator: false,
  };
}

/** The version of the code in the work tree, according to the journal. */
function findCurrentVersion(events: Journal['events'], progress: Progress): string | null {
  const [begin] = events;
  if (begin?.type !== 'begin') return null;
  const isOnTarget = progress.begun.has('checkout') && !progress.undone.has('checkout');
  return isOnTarget ? (begin.plan?.target?.version ?? null) : begin.current_version;
}

function holdFailure(events: Journal['events'], hold: 'undo-failed' | 'data-changed'): Failure | null {
  const [begin] = events;
  const { tenant, plan } = begin?.type === 'begin' ? begin : { tenant: '', plan: null };
  const progress = foldProgress(events);
  const { failure, undoFailure } = progress;
  const cause = (hold === 'undo-failed' ? undoFailure : failure) ?? failure;
  if (cause === null) return null;
  if (hold === 'data-changed') {
    const version = plan?.target?.version ?? 'the new version';
    return {
      ...cause,
      message: `${cause.message}; not rolled back: data changed since ${version} was started; its services run`,
      hint: `\`drover-agent resume ${tenant}\` checks it again, \`--accept\` keeps it; \`drover-agent rollback ${tenant} --restore-database\` discards what was written.`,
      needs_operator: true,
    };
  }
  const before = failure === null ? '' : `${failure.message}; `;
  return {
    ...cause,
    message: `${describeServices(tenant, progress)}: ${before}then the rollback failed: ${cause.message}`,
    hint: `Fix the cause, then \`drover-agent resume ${tenant}\` tries the rollback again; \`drover-agent resume ${tenant} --accept\` leaves the tenant as it is.`,
    needs_operator: true,
  };
}

/** Whether the tenant is down; the message of a failed rollback begins with it. */
function describeServices(tenant: string, { begun, undone, undoFailure }: Progress): string {
  const isStarted = begun.has('start-services') && !undone.has('start-services');
  if (isStarted || undoFailure?.step === 'stop-services') return `${tenant} may be down`;
  return begun.has('stop-services') ? `${tenant} is down, its services are stopped` : `the services of ${tenant} run`;
}

/** The failure of an operator's rollback that was not done. */
function dataChanged([begin]: Journal['events']): Failure {
  const { tenant, host, plan } = begin?.type === 'begin' ? begin : { tenant: '', host: '', plan: null };
  return {
    step: 'start-services',
    code: 'data-changed',
    message: `not rolled back: data changed since ${plan?.target?.version ?? 'the upgrade'} was started; it was started again`,
    hint: `On ${host}: \`drover-agent rollback ${tenant} --restore-database\` discards that data; the current database is set aside, never deleted.`,
    output_tail: '',
    needs_operator: false,
  };
}

/** The event that ends an upgrade, or holds it. */
export function describeFinish(
  events: Journal['events'],
  { status, hold }: { status: FinalStatus; hold: EventOf<'finish'>['hold'] },
): Omit<EventOf<'finish'>, 'n' | 'at'> {
  const progress = foldProgress(events);
  const refused = progress.rollback !== null && progress.verdict === 'hold' ? dataChanged(events) : progress.failure;
  const failure = hold === null ? refused : holdFailure(events, hold);
  return { type: 'finish', status, hold, current_version: findCurrentVersion(events, progress), failure };
}
