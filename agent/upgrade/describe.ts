// Describes an upgrade's failures and its end for the journal.
import { toAppError } from '../../shared/errors.js';
import { keepsNewVersion, type EventOf, type StepStage } from '../../shared/model/journal/events.js';
import type { Failure, ServicesState } from '../../shared/model/result.js';
import type { Journal } from '../store/journal.js';
import { describeState } from '../../shared/model/services_state.js';
import type { FinalStatus } from './next.js';
import { foldProgress, type Progress } from '../../shared/model/journal/progress.js';
import type { Step } from './step.js';

/** The error of a step as the `failure` of a result. That of an undo says what was being done. */
export function describeFailure(
  { name: step, undoing }: Pick<Step, 'name' | 'undoing'>,
  stage: StepStage,
  thrown: unknown,
): Failure {
  const { code, message, hint, details } = toAppError(thrown);
  const text = (key: string) => (typeof details[key] === 'string' ? details[key] : undefined);
  const exitCode = details['exit_code'];
  const hook = text('hook');
  const signal = text('signal');
  return {
    step,
    ...(hook === undefined ? {} : { hook }),
    code,
    message: stage === 'undo' && undoing !== undefined ? `${undoing} failed: ${message}` : message,
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

/** What is known of an upgrade at its end. */
interface End {
  begin: EventOf<'begin'> | null;
  progress: Progress;
  version: string | null;
  services: ServicesState | null;
}

/** The message says first whether the tenant is up, then why; the hint names the commands that lead out. */
function describeHold(
  { begin, progress, version, services }: End,
  hold: 'undo-failed' | 'data-changed',
): Failure | null {
  const { failure, undoFailure } = progress;
  const cause = (hold === 'undo-failed' ? undoFailure : failure) ?? failure;
  if (cause === null) return null;
  const tenant = begin?.tenant ?? '';
  const target = begin?.plan?.target?.version ?? 'the new version';
  const state = describeState({ tenant, services, version, isUnhealthy: cause.code === 'unhealthy' });
  if (hold === 'data-changed') {
    const wayOut = `\`drover-agent resume ${tenant}\` checks it again, \`--accept\` keeps it; \`drover-agent rollback ${tenant} --restore-database\` discards what was written.`;
    return {
      ...cause,
      message: `${state}: ${cause.message}. Not rolled back: data changed since ${target} was started`,
      hint: cause.hint === undefined ? wayOut : `${cause.hint} ${wayOut}`,
      needs_operator: true,
    };
  }
  const before =
    failure === null
      ? ''
      : `. Before that, the upgrade to ${target} failed at ${failure.step ?? 'its begin'}: ${failure.message}`;
  return {
    ...cause,
    message: `${state}: ${cause.message}${before}`,
    hint: `Fix the cause, then \`drover-agent resume ${tenant}\` tries the rollback again; \`drover-agent resume ${tenant} --accept\` leaves the tenant as it is.`,
    needs_operator: true,
  };
}

/** The failure of an operator's rollback that was not done. */
function declineRollback({ begin }: End): Failure {
  const { tenant, host, plan } = begin ?? { tenant: '', host: '', plan: null };
  return {
    step: 'start-services',
    code: 'data-changed',
    message: `Not rolled back: data changed since ${plan?.target?.version ?? 'the upgrade'}.`,
    hint: `On ${host}: \`drover-agent rollback ${tenant} --restore-database\` discards that data; the current database is set aside, never deleted.`,
    output_tail: '',
    needs_operator: false,
  };
}

/** With `on_failure: stay`: the tenant is left on what the upgrade reached. */
function describeStay({ begin, version, services }: End, failure: Failure | null): Failure | null {
  if (failure === null || begin === null || services === null) return failure;
  return { ...failure, message: `${describeState({ tenant: begin.tenant, services, version })}: ${failure.message}` };
}

/** The event that ends an upgrade, or holds it. */
export function describeFinish(
  events: Journal['events'],
  { status, hold, services = null }: Finish,
): Omit<EventOf<'finish'>, 'n' | 'at'> {
  const progress = foldProgress(events);
  const version = findCurrentVersion(events, progress);
  const [begin] = events;
  const end = { begin: begin?.type === 'begin' ? begin : null, progress, version, services };
  return {
    type: 'finish',
    status,
    hold,
    current_version: version,
    services,
    failure: chooseFailure(end, status, hold),
  };
}

export interface Finish {
  status: FinalStatus;
  hold: EventOf<'finish'>['hold'];
  /** Null where nothing was stopped, and for a tenant without services. */
  services?: ServicesState | null;
}

function chooseFailure(end: End, status: FinalStatus, hold: Finish['hold']): Failure | null {
  const { progress } = end;
  if (hold !== null) return describeHold(end, hold);
  if (progress.rollback !== null && keepsNewVersion(progress.verdict)) return declineRollback(end);
  return status === 'failed' ? describeStay(end, progress.failure) : progress.failure;
}
