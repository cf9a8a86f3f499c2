// Shows an upgrade live to the end of a request, then the result. Ctrl-C ends the display, never the upgrade.
import { deriveResult } from '../../model/journal/derive_result.js';
import type { Event } from '../../model/journal/events.js';
import type { Result } from '../../model/result.js';
import type { ProgramContext } from '../cli_command.js';
import { createLiveRenderer } from './live_stream.js';
import type { Operations, Started } from '../operations.js';
import { createOwnEnd } from '../own_end.js';
import { createPlainRenderer } from './plain_stream.js';
import { renderSummary, type SummaryOptions } from './render_summary.js';
import type { StreamRenderer } from './stream_renderer.js';
import { createWaitingLine } from './waiting_line.js';

/** As a shell has it for a program that was ended by Ctrl-C. */
export const detachedExitCode = 130;

const tickMs = 250;

export interface Showing {
  operations: Operations;
  started: Started;
  /** The program's name. */
  program: string;
  /** The request accepts the tenant as it is. */
  isAccepted?: boolean;
}

/** Prints and returns the result at the request's end; null after Ctrl-C. Throws AppError. */
export async function showUpgrade(
  context: ProgramContext,
  { operations, started, program, isAccepted = false }: Showing,
): Promise<Result | null> {
  const { screen, json, onSignal, clock } = context;
  const { id, tenant } = started;
  const stream = screen.isTerminal ? createLiveRenderer(screen.style) : createPlainRenderer();
  const waiting = createWaitingLine(json ? null : screen, () => {
    const running = stream.pending(clock.monotonicMs());
    return running.length === 0 ? [] : [...running, renderKeys(stream, `${program} cancel ${tenant}`)];
  });
  const leaving = new AbortController();
  const ended = new AbortController();
  if (screen.isTerminal && !json) void tick(clock, { signal: ended.signal, refresh: () => waiting.refresh() });
  const stopListening = onSignal('SIGINT', () => leaving.abort());
  const events: Event[] = [];
  let result: Result;
  try {
    result = await printItems();
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    waiting.close();
    if (json) screen.printJson(events.length === 0 ? started.result : deriveResult(events));
    screen.note(
      `\nYou stopped watching; the upgrade of ${tenant} continues.\n` +
        `  ${program} logs ${id} -f   follows it\n` +
        `  ${program} cancel ${id}    cancels it`,
    );
    return null;
  } finally {
    stopListening();
    ended.abort();
    waiting.close();
  }
  if (json) screen.printJson(result);
  else screen.print(`\n${renderSummary(result, describeWaysOn(context, { id, program, isAccepted, result }))}`);
  return result;

  async function printItems(): Promise<Result> {
    const { signal } = leaving;
    const items = operations.follow(started, { live: true, signal, onWaiting: waiting.show });
    const ownEnd = createOwnEnd(started);
    for (;;) {
      const { done, value } = await items.next();
      if (done === true) return value;
      const event = 'event' in value ? value.event : null;
      if (event !== null) events.push(event);
      ownEnd.pass(value);
      if (json) continue;
      // Rendered in any case: later lines depend on earlier items.
      const text = stream.render(value, clock.monotonicMs());
      if (text !== null && (ownEnd.hasBegun() || event?.type === 'begin')) screen.print(text);
      waiting.refresh();
    }
  }
}

/** What an operator can do while it runs. */
function renderKeys(stream: StreamRenderer, cancel: string): string {
  return `    Ctrl-C only stops watching${stream.isCancellable() ? `     cancel: ${cancel}` : ''}`;
}

/** The commands that come after the end. */
function describeWaysOn(
  { screen }: ProgramContext,
  { id, program, isAccepted, result }: { id: string; program: string; isAccepted: boolean; result: Result },
): SummaryOptions {
  const { tenant, new_version: version } = result;
  return {
    style: screen.style,
    logCommand: `${program} logs ${id}`,
    retryCommand: [program, 'upgrade', tenant, ...(version === null ? [] : [version])].join(' '),
    isAccepted,
  };
}

/** Refreshes what shows that time passes. */
async function tick(
  clock: ProgramContext['clock'],
  { signal, refresh }: { signal: AbortSignal; refresh: () => void },
): Promise<void> {
  while (!signal.aborted) {
    await clock.wait(tickMs, signal).catch(() => undefined);
    refresh();
  }
}
