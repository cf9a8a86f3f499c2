// The stream for a terminal: a line for each step as it ends, output as commands print it, and below them what runs now.
// A function of its items, and of the time at which they came.
import { createDowntimeFold } from '../../model/journal/downtime_fold.js';
import { describeStep, labelStep, listFilesOf } from '../../model/journal/describe_step.js';
import { elapsedMs } from '../../model/elapsed.js';
import type { Event, EventOf } from '../../model/journal/events.js';
import type { Plan } from '../../model/plan/plan.js';
import type { UpgradeOutline } from '../../model/upgrade_outline.js';
import { stepNames } from '../../model/step_names.js';
import type { Style } from '../screen/style.js';
import type { StreamRenderer } from './stream_renderer.js';
import { indent, showClock, showHash, showMs, showSafely } from '../screen/format.js';

/** `v0.1.0 → v0.4.0`; `→ v0.4.0` where the version before is unknown, and `latest` where no version was named. */
export function renderFromTo({
  previous_version: from,
  new_version: to,
}: Pick<UpgradeOutline, 'previous_version' | 'new_version'>): string {
  return showSafely([...(from === null ? [] : [from]), '→', to ?? 'latest'].join(' '));
}

/** `testsite  v0.1.0 → v0.4.0  (abc123def456)`. */
export function renderVersions(
  { tenant, from, to, commit }: { tenant: string; from: string | null; to: string | null; commit: string | null },
  style: Style,
): string {
  return [
    style.bold(tenant),
    renderFromTo({ previous_version: from, new_version: to }),
    ...(commit === null ? [] : [`(${showHash(commit)})`]),
  ].join('  ');
}

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const spinMs = 250;

/** A renderer for one stream, from its first item. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createLiveRenderer(style: Style): StreamRenderer {
  const downtime = createDowntimeFold();
  let begin: EventOf<'begin'> | null = null;
  let plan: Plan | null = null;
  let step: EventOf<'step-begin'> | null = null;
  /** What the running step does now, and how many of its files it has begun. */
  let activity = '';
  let files = 0;
  let last: { at: string; cameMs: number } | null = null;
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

  function beginStep(event: EventOf<'step-begin'>): string | null {
    step = event;
    activity = '';
    files = 0;
    if (event.stage !== 'undo' || isRollingBack) return null;
    isRollingBack = true;
    return `  ${style.yellow('Rolling back')}`;
  }

  function endStep(event: EventOf<'step-end'>): string {
    const ms = step === null ? 0 : elapsedMs(step.at, event.at);
    step = null;
    const details = event.stage === 'run' ? describeStep(event.step, plan) : '';
    const isIdle = details === 'none' || details === 'unchanged';
    const label = labelStep(event).padEnd(30);
    if (event.status === 'cancelled') return `  ${style.yellow('✗')} ${label} ${style.yellow('cancelled')}`;
    const line = `${label} ${details.padEnd(14)} ${style.dim(showMs(ms).padStart(8))}`;
    if (event.status === 'ok') return `  ${isIdle ? style.dim('–') : style.green('✓')} ${line}`;
    const message = showSafely(event.failure?.message ?? 'failed');
    return `  ${style.red('✗')} ${line}\n${style.red(indent(message, '    '))}`;
  }

  function noteCommand(event: EventOf<'command'>): void {
    if (event.quiet) return;
    unnamed.set(event.key, event.title);
    const file = event.hook?.file ?? event.migration;
    files += file === undefined ? 0 : 1;
    const total = Math.max(files, listFilesOf(event.step, plan).length);
    activity = file === undefined ? event.title : `${files}/${total} ${file}`;
  }

  function renderEvent(event: Event): string | null {
    downtime.add(event);
    switch (event.type) {
      case 'begin':
        begin = event;
        plan = event.plan;
        return renderBegin(event, style);
      case 'step-begin':
        return beginStep(event);
      case 'step-end':
        return endStep(event);
      case 'command':
        noteCommand(event);
        return null;
      case 'line':
        // The line of what runs now shows what such a line announces.
        if (!event.text.endsWith('...')) return style.dim(indent(showSafely(event.text), '    '));
        activity = event.text.slice(0, -3);
        return null;
      case 'rollback':
      case 'resume':
        isRollingBack = false;
        return renderRequest(event, style);
      default:
        return renderRequest(event, style);
    }
  }

  /** What runs now, for how long, then what comes next and how long the upgrade and the services' absence have taken. */
  function renderRunning(nowMs: number): string[] {
    if (step === null || begin === null || last === null) return [];
    const sinceMs = nowMs - last.cameMs;
    // The host's clock, as far as it is known here.
    const now = new Date(Date.parse(last.at) + sinceMs).toISOString();
    const ms = elapsedMs(step.at, now);
    const frame = spinner.charAt(Math.floor(nowMs / spinMs) % spinner.length);
    const { ownMs, rollbackMs } = downtime.read(now);
    const down = rollbackMs > 0 ? rollbackMs : ownMs;
    const times = `${showClock(elapsedMs(begin.at, now))}${down > 0 ? `, down ${showClock(down)}` : ''}`;
    const next = step.stage === 'run' ? stepNames.slice(stepNames.indexOf(step.step) + 1).slice(0, 3) : [];
    return [
      `  ${frame} ${labelStep(step).padEnd(30)} ${activity}${ms < 1000 ? '' : `  ${Math.floor(ms / 1000)} s`}`.trimEnd(),
      `    ${times}${next.map((name) => `  · ${name}`).join('')}`,
    ];
  }

  return {
    render(item, nowMs) {
      if ('output' in item) return renderOutput(item.output.key, item.output.text);
      last = { at: item.event.at, cameMs: nowMs };
      return renderEvent(item.event);
    },
    pending: renderRunning,
    isCancellable: () => step !== null && step.stage !== 'undo' && stepNames.indexOf(step.step) < commitPoint,
  };
}

/** From the start of the services on an upgrade is no longer cancelled. */
const commitPoint = stepNames.indexOf('start-services');

function renderBegin({ tenant, host, plan, request, current_version: from }: EventOf<'begin'>, style: Style): string {
  const target = plan?.target ?? null;
  const versions = { from, to: target?.version ?? request.version, commit: target?.commit ?? null };
  return renderVersions({ tenant: `${tenant} on ${host}`, ...versions }, style);
}

/** What an operator asked for, and what an upgrade warns of. */
function renderRequest(event: Event, style: Style): string | null {
  switch (event.type) {
    case 'exit':
      return event.cause === 'exited' ? null : style.yellow(`    the command was ended: ${event.cause}`);
    case 'warning':
      return style.yellow(indent(showSafely(`warning: ${event.text}`), '  '));
    case 'cancel':
      return style.yellow(`  Cancel asked for${event.force ? ', with force' : ''}`);
    case 'rollback':
      return style.yellow(`  Rollback asked for${event.restore_database ? ', with the database restored' : ''}`);
    case 'resume':
      return style.yellow(event.accept ? '  Accepted as it is' : '  Resumed');
    default:
      return null;
  }
}
