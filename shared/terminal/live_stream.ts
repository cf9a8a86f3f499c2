// The stream for a terminal: a line per step as it ends, what commands print as they print it. A function of its items.
import type { Event, EventOf } from '../model/events.js';
import type { Style } from './style.js';
import type { StreamRenderer } from './stream_renderer.js';
import { indent, showHash, showMs, showSafely } from './format.js';

const labels = { prepare: 'prepare ', run: '', undo: 'undo ' };

const labelOf = ({ step, stage }: Pick<EventOf<'step-begin'>, 'step' | 'stage'>) => `${labels[stage]}${step}`;

/** `testsite  v0.1.0 → v0.4.0  (abc123def456)`. */
export function renderVersions(
  { tenant, from, to, commit }: { tenant: string; from: string | null; to: string | null; commit: string | null },
  style: Style,
): string {
  const versions = `${from ?? '?'} → ${to ?? 'latest'}`;
  return [style.bold(tenant), showSafely(versions), ...(commit === null ? [] : [`(${showHash(commit)})`])].join('  ');
}

export function createLiveRenderer(style: Style): StreamRenderer {
  let step: EventOf<'step-begin'> | null = null;
  let saysRollback = false;
  /** Commands are named once they print something; most say nothing. */
  const unnamed = new Map<string, string>();
  let speaker: string | null = null;

  function tellOutput(key: string, text: string): string {
    const title = unnamed.get(key);
    unnamed.delete(key);
    // Two commands never print at once, but one that was interrupted and its second run are told apart.
    const heading = title === undefined || speaker === key ? [] : [`    ${style.cyan(showSafely(title))}`];
    speaker = key;
    const lines = indent(text.replace(/\n$/, ''), `    ${style.dim('│')} `);
    return [...heading, lines].join('\n');
  }

  function tellStepEnd(event: EventOf<'step-end'>): string {
    const ms = step === null ? 0 : Date.parse(event.at) - Date.parse(step.at);
    step = null;
    const label = labelOf(event).padEnd(28);
    if (event.status === 'ok') return `  ${style.green('✓')} ${label} ${style.dim(showMs(ms))}`;
    if (event.status === 'cancelled') return `  ${style.yellow('✗')} ${label} ${style.yellow('cancelled')}`;
    const message = showSafely(event.failure?.message ?? 'failed');
    return `  ${style.red('✗')} ${label} ${style.dim(showMs(ms))}\n${style.red(indent(message, '    '))}`;
  }

  function tellEvent(event: Event): string | null {
    switch (event.type) {
      case 'begin': {
        const { tenant, plan, request } = event;
        const { previous = null, target = null } = plan ?? {};
        const versions = { from: previous?.version ?? null, to: target?.version ?? request.version };
        return renderVersions({ tenant, ...versions, commit: target?.commit ?? null }, style);
      }
      case 'step-begin': {
        step = event;
        if (event.stage !== 'undo' || saysRollback) return null;
        saysRollback = true;
        return `  ${style.yellow('Rolling back')}`;
      }
      case 'step-end':
        return tellStepEnd(event);
      case 'command':
        if (!event.quiet) unnamed.set(event.key, event.title);
        return null;
      case 'exit':
        return event.cause === 'exited' ? null : style.yellow(`    the command was ended: ${event.cause}`);
      case 'line':
        // What is announced here stands in the pending line.
        return event.text.endsWith('...') ? null : style.dim(indent(showSafely(event.text), '    '));
      case 'warning':
        return style.yellow(indent(showSafely(`warning: ${event.text}`), '  '));
      case 'cancel':
        return style.yellow(`  Cancel asked for${event.force ? ', with force' : ''}`);
      case 'rollback':
        return style.yellow(`  Rollback asked for${event.restore_database ? ', with the database restored' : ''}`);
      case 'resume':
        saysRollback = false;
        return style.yellow(event.accept ? '  Accepted as it is' : '  Resumed');
      default:
        return null;
    }
  }

  return {
    render: (item) => ('output' in item ? tellOutput(item.output.key, item.output.text) : tellEvent(item.event)),
    pending: () => (step === null ? null : `  … ${labelOf(step)}`),
  };
}
