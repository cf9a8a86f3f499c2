// Shows an upgrade live to its end, and then its result. Ctrl-C stops the showing, never the upgrade.
import type { Upgrade } from '../../shared/wire/api.js';
import type { Event } from '../../shared/model/events.js';
import type { Result } from '../../shared/model/result.js';
import { createLiveRenderer } from '../../shared/terminal/live_stream.js';
import { createPlainRenderer } from '../../shared/terminal/plain_stream.js';
import { renderSummary } from '../../shared/terminal/render_summary.js';
import type { Client } from '../client/create_client.js';
import type { DroverContext } from './drover_command.js';
import { createWaitingLine } from './waiting_line.js';
import { watchDelivery } from './watch_delivery.js';

export interface Showing {
  client: Client;
  upgrade: Upgrade;
  /** What is told before the first record of this type is an old stream. */
  from: Extract<Event['type'], 'begin' | 'cancel' | 'rollback'>;
}

/** The result, printed, once it has ended; null when the operator no longer wanted to watch. Throws AppError. */
export async function showUpgrade(context: DroverContext, { client, upgrade, from }: Showing): Promise<Result | null> {
  const { screen, json, onSignal, clock } = context;
  const { id } = upgrade;
  const stream = screen.isTerminal ? createLiveRenderer(screen.style) : createPlainRenderer();
  const waiting = createWaitingLine(screen, { json, pending: () => stream.pending() });
  const leaving = new AbortController();
  const ended = new AbortController();
  const stopListening = onSignal('SIGINT', () => leaving.abort());
  let latest = upgrade;
  waiting.showDelivery(upgrade);
  const watching = watchDelivery(
    { client, id, clock, signal: AbortSignal.any([leaving.signal, ended.signal]) },
    (seen) => {
      latest = seen;
      waiting.showDelivery(seen);
    },
  );
  try {
    latest = await tell();
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    waiting.close();
    if (json) screen.printJson(toResult(latest));
    screen.note(howToComeBack(latest));
    return null;
  } finally {
    stopListening();
    ended.abort();
    waiting.close();
    await watching;
  }
  const result = toResult(latest);
  if (json) screen.printJson(result);
  else screen.print(`\n${renderSummary(result, { style: screen.style, logCommand: `drover logs ${id}` })}`);
  return result;

  async function tell(): Promise<Upgrade> {
    const items = client.followUpgrade(id, leaving.signal, { onContact: waiting.showContact });
    let isNew = false;
    for (;;) {
      const { done, value } = await items.next();
      if (done === true) return value;
      if (json) continue;
      const type = 'event' in value ? value.event.type : null;
      isNew ||= type === from;
      // Told in any case: what comes later is told by what was.
      const text = stream.render(value);
      if (text !== null && (isNew || type === 'begin')) screen.print(text);
      waiting.refresh();
    }
  }
}

/** The object that the agent gives, too. */
export function toResult({ delivery: _delivery, ...result }: Upgrade): Result {
  return result;
}

function howToComeBack({ id, tenant }: Upgrade): string {
  return (
    `\nNo longer watched, and going on: the upgrade of ${tenant}.\n` +
    `  drover logs ${id} -f   watches it again\n` +
    `  drover cancel ${id}    ends it`
  );
}
