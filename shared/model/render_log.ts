// Renders an upgrade's stream as its log: the same lines in the tenant's log, in `logs`, and on a pipe.
import type { Event, EventOf } from './events.js';
import type { Failure } from './result.js';
import { describePlace } from './services_state.js';
import type { StreamItem } from './stream_item.js';

const stageWords = { prepare: 'preparing', run: 'running', undo: 'undoing' };

const time = (at: string) => at.slice(11, 19);

const reasonOf = (failure: Failure | null | undefined) => (failure ? `: ${failure.message}` : '');

/** Says first whether the tenant is up, then why it ended so, then the commands that lead out. */
function renderFinish({ status, services = null, current_version: version, failure }: EventOf<'finish'>): string {
  const hint = failure?.hint ?? '';
  // Only an operator's rollback that would have lost data leaves a success with a failure.
  if (status === 'success' && failure !== null) return `== declined: ${failure.message} ${hint}`.trimEnd();
  const isSaid = services === null || status === 'failed' || (status === 'success' && services === 'running');
  const place = isSaid ? '' : `, ${describePlace({ services, version })}`;
  return `== ${status}${place}${reasonOf(failure)}${failure?.needs_operator === true ? `\n${hint}` : ''}`;
}

function renderBody(event: Event): string | null {
  switch (event.type) {
    case 'begin': {
      const to = event.plan?.target?.version ?? event.request.version ?? 'latest';
      const versions = event.current_version === null ? to : `${event.current_version} -> ${to}`;
      return `upgrade ${event.id} of ${event.tenant} on ${event.host}: ${versions}`;
    }
    case 'step-begin':
      return `== ${stageWords[event.stage]} ${event.step}`;
    case 'step-end': {
      if (event.status === 'ok') return null;
      const what = event.stage === 'undo' ? `undoing ${event.step}` : event.step;
      return `== ${what} ${event.status}${reasonOf(event.failure)}`;
    }
    case 'command':
      return event.quiet ? null : `$ ${event.title}`;
    case 'exit':
      // The line of a failed step reports the exit.
      return event.cause === 'exited' ? null : `the command was ended: ${event.cause}`;
    case 'line':
      return event.text;
    case 'warning':
      return `warning: ${event.text}`;
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

/** The line of an event, without its end, or null for an event that the log leaves out. */
export function renderEvent(event: Event): string | null {
  const body = renderBody(event);
  return body === null ? null : `${time(event.at)} ${body.replaceAll('\n', '\n         ')}`;
}

/** A command's output, with each line marked by `|`. */
export function renderOutput(text: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `         | ${line}`)
    .join('\n');
}

/** The lines of an item, without the last one's end, or null for an item that the log leaves out. */
export function renderItem(item: StreamItem): string | null {
  return 'output' in item ? renderOutput(item.output.text) : renderEvent(item.event);
}
