// The stream for a terminal: a line for each step as it ends, and output as commands print it. A function of its items.
import { elapsedMs } from '../model/elapsed.js';
import type { Event, EventOf } from '../model/events.js';
import type { Style } from './style.js';
import type { StreamRenderer } from './stream_renderer.js';
import { indent, showHash, showMs, showSafely } from './format.js';

const labels = { prepare: 'prepare ', run: '', undo: 'undo ' };

const labelOf = ({ step, stage }: Pick<EventOf<'step-begin'>, 'step' | 'stage'>) => `${labels[stage]}${step}`;

/** `v0.1.0 → v0.4.0`; `→ v0.4.0` where the version before is unknown, and `latest` where no version was named. */
export function renderFromTo({ from, to }: { from: string | null; to: string | null }): string {
  return showSafely([...(from === null ? [] : [from]), '→', to ?? 'latest'].join(' '));
}

/** `testsite  v0.1.0 → v0.4.0  (abc123def456)`. */
export function renderVersions(
  { tenant, from, to, commit }: { tenant: string; from: string | null; to: string | null; commit: string | null },
  style: Style,
): string {
  return [style.bold(tenant), renderFromTo({ from, to }), ...(commit === null ? [] : [`(${showHash(commit)})`])].join(
    '  ',
  );
}

/** A renderer for one stream, from its first item. */
export function createLiveRenderer(style: Style): StreamRenderer {
  let step: EventOf<'step-begin'> | null = null;
  let isRollingBack = false;
  /** Commands are named once they print something; most print nothing. */
  const unnamed = new Map<string, string>();
  let lastKey: string | null = null;

  function renderOutput(key: string, text: string): string {
    const title = unnamed.get(key);
    unnamed.delete(key);
    // Two commands never print at once, but one that was interrupted and its second run have a heading each.
    const heading = title === undefined || lastKey === key ? [] : [`    ${style.cyan(showSafely(title))}`];
    lastKey = key;
    const lines = indent(text.replace(/\n$/, ''), `    ${style.dim('│')} `);
    return [...heading, lines].join('\n');
  }

  function renderStepEnd(event: EventOf<'step-end'>): string {
    const ms = step === null ? 0 : elapsedMs(step.at, event.at);
    step = null;
    const label = labelOf(event).padEnd(28);
    if (event.status === 'ok') return `  ${style.green('✓')} ${label} ${style.dim(showMs(ms))}`;
    if (event.status === 'cancelled') return `  ${style.yellow('✗')} ${label} ${style.yellow('cancelled')}`;
    const message = showSafely(event.failure?.message ?? 'failed');
    return `  ${style.red('✗')} ${label} ${style.dim(showMs(ms))}\n${style.red(indent(message, '    '))}`;
  }

  function renderEvent(event: Event): string | null {
    switch (event.type) {
      case 'step-begin': {
        step = event;
        if (event.stage !== 'undo' || isRollingBack) return null;
        isRollingBack = true;
        return `  ${style.yellow('Rolling back')}`;
      }
      case 'step-end':
        return renderStepEnd(event);
      case 'command':
        if (!event.quiet) unnamed.set(event.key, event.title);
        return null;
      case 'rollback':
        isRollingBack = false;
        return style.yellow(`  Rollback asked for${event.restore_database ? ', with the database restored' : ''}`);
      case 'resume':
        isRollingBack = false;
        return style.yellow(event.accept ? '  Accepted as it is' : '  Resumed');
      default:
        return renderStateless(event, style);
    }
  }

  return {
    render: (item) => ('output' in item ? renderOutput(item.output.key, item.output.text) : renderEvent(item.event)),
    pending: () => (step === null ? null : `  … ${labelOf(step)}`),
  };
}

/** The text of an event that depends on no other. */
function renderStateless(event: Event, style: Style): string | null {
  switch (event.type) {
    case 'begin': {
      const { tenant, plan, request, current_version: from } = event;
      const target = plan?.target ?? null;
      const versions = { from, to: target?.version ?? request.version };
      return renderVersions({ tenant, ...versions, commit: target?.commit ?? null }, style);
    }
    case 'exit':
      return event.cause === 'exited' ? null : style.yellow(`    the command was ended: ${event.cause}`);
    case 'line':
      // The pending line shows what such a line announces.
      return event.text.endsWith('...') ? null : style.dim(indent(showSafely(event.text), '    '));
    case 'warning':
      return style.yellow(indent(showSafely(`warning: ${event.text}`), '  '));
    case 'cancel':
      return style.yellow(`  Cancel asked for${event.force ? ', with force' : ''}`);
    default:
      return null;
  }
}
