// Renders an upgrade's stream as its log: the same lines in the tenant's log, in `logs`, and on a pipe.
import { describeStep, labelStep } from './describe_step.js';
import { elapsedMs } from '../elapsed.js';
import type { Event, EventOf } from './events.js';
import type { Plan } from '../plan/plan.js';
import type { Failure } from '../result.js';
import { describePlace } from '../services_state.js';
import type { StreamItem } from './stream_item.js';
import { showTime } from '../../os/clock.js';

export interface LogRenderer {
  /** The lines of an item, without the last one's end, or null for an item that the log leaves out. Items come in order. */
  render(item: StreamItem): string | null;
}

const reasonOf = (failure: Failure | null | undefined) => (failure ? `: ${failure.message}` : '');
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** A renderer for one stream, from its first item. */
export function createLogRenderer(): LogRenderer {
  let step: EventOf<'step-begin'> | null = null;
  let plan: Plan | null = null;

  function renderEnd(event: EventOf<'step-end'>): string {
    const took = step === null ? '' : `, ${seconds(elapsedMs(step.at, event.at))}`;
    if (event.status !== 'ok') return `${event.status}${took}${reasonOf(event.failure)}`;
    const details = event.stage === 'run' ? describeStep(event.step, plan) : '';
    return `done${took}${details === '' ? '' : `, ${details}`}`;
  }

  function renderBody(event: Event): string | null {
    switch (event.type) {
      case 'step-begin':
        return 'begins';
      case 'step-end':
        return renderEnd(event);
      case 'command':
        return event.quiet ? null : `$ ${event.title}`;
      case 'exit':
        // The line of a failed step reports the exit.
        return event.cause === 'exited' ? null : `the command was ended: ${event.cause}`;
      case 'line':
        return event.text;
      case 'warning':
        return `warning: ${event.text}`;
      default:
        return renderMilestone(event);
    }
  }

  function renderEvent(event: Event): string | null {
    if (event.type === 'begin') plan = event.plan;
    if (event.type === 'step-begin') step = event;
    const label = step === null || isMilestone(event) ? '' : `[${labelStep(step)}] `;
    const body = renderBody(event);
    if (event.type === 'step-end') step = null;
    const time = event.type === 'begin' ? showTime(event.at) : event.at.slice(11, 19);
    return body === null ? null : `${time} ${label}${body.replaceAll('\n', '\n         ')}`;
  }

  return { render: (item) => ('output' in item ? renderOutput(item.output.text) : renderEvent(item.event)) };
}

/** About the upgrade, whatever step runs. */
const isMilestone = ({ type }: Event) => ['begin', 'cancel', 'rollback', 'resume', 'finish'].includes(type);

function renderMilestone(event: Event): string | null {
  switch (event.type) {
    case 'begin': {
      const target = event.plan?.target ?? null;
      const to = target?.version ?? event.request.version ?? 'latest';
      const versions = event.current_version === null ? to : `${event.current_version} -> ${to}`;
      const commit = target === null ? '' : ` (${target.commit.slice(0, 12)})`;
      return `upgrade ${event.id} of ${event.tenant} on ${event.host}: ${versions}${commit}`;
    }
    case 'cancel':
      return event.force ? 'cancel asked for, with force' : 'cancel asked for';
    case 'rollback':
      return event.restore_database ? 'rollback asked for, with the database restored' : 'rollback asked for';
    case 'resume':
      return event.accept ? 'accepted as it is by an operator' : 'resumed by an operator';
    case 'finish':
      return renderFinish(event);
    default:
      return null;
  }
}

/** Says first whether the tenant is up, then why it ended so, then the commands that lead out. */
function renderFinish({ status, services = null, current_version: version, failure }: EventOf<'finish'>): string {
  const hint = failure?.hint ?? '';
  // Only an operator's rollback that would have lost data leaves a success with a failure.
  if (status === 'success' && failure !== null) return `== declined: ${failure.message} ${hint}`.trimEnd();
  const isSaid = services === null || status === 'failed' || (status === 'success' && services === 'running');
  const place = isSaid ? '' : `, ${describePlace({ services, version })}`;
  return `== ${status}${place}${reasonOf(failure)}${failure?.needs_operator === true ? `\n${hint}` : ''}`;
}

/** A command's output, with each line marked by `|`. */
function renderOutput(text: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `         | ${line}`)
    .join('\n');
}
