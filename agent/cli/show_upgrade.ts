// Shows an upgrade live to its end, and then its result. Ctrl-C stops the showing, never the upgrade.
import type { Event } from '../../shared/model/events.js';
import type { Result } from '../../shared/model/result.js';
import type { LocalConnection } from '../local/connect_agent.js';
import { deriveResult } from '../../shared/model/derive_result.js';
import type { AgentContext } from './agent_command.js';
import { followUpgrade } from './follow_upgrade.js';
import { createLiveRenderer } from '../../shared/terminal/live_stream.js';
import { createPlainRenderer } from '../../shared/terminal/plain_stream.js';
import { renderSummary } from '../../shared/terminal/render_summary.js';

/** As a shell has it for a program that was ended by Ctrl-C. */
export const detachedExitCode = 130;

export interface Showing {
  connection: LocalConnection;
  id: string;
  tenant: string;
  /** How many records of this upgrade are an old stream. */
  after: number;
}

/** The result once it has ended, printed; null when the operator no longer wanted to watch. Throws AppError `unreachable`. */
export async function showUpgrade(
  context: AgentContext,
  { connection, id, tenant, after }: Showing,
): Promise<Result | null> {
  const { screen, json, onSignal } = context;
  const stream = screen.isTerminal ? createLiveRenderer(screen.style) : createPlainRenderer();
  const events: Event[] = [];
  const leaving = new AbortController();
  const stopListening = onSignal('SIGINT', () => leaving.abort());
  if (!json) screen.showPending(`  … waiting for ${tenant}: its turn and its checks`);
  try {
    await followUpgrade({
      connection,
      id,
      after,
      signal: leaving.signal,
      events,
      onItem(item) {
        if (json) return;
        const text = stream.render(item);
        if (text !== null) screen.print(text);
        screen.showPending(stream.pending());
      },
    });
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    screen.showPending(null);
    const soFar = deriveResult(events);
    if (json) screen.printJson(events.length === 0 ? { ...soFar, id, tenant, status: 'queued' } : soFar);
    screen.note(
      `\nNo longer watched, and going on: the upgrade of ${tenant}.\n` +
        `  drover-agent logs ${tenant} --follow   watches it again\n` +
        `  drover-agent cancel ${tenant}          ends it`,
    );
    return null;
  } finally {
    stopListening();
    screen.showPending(null);
  }
  const result = deriveResult(events);
  if (json) screen.printJson(result);
  else
    screen.print(
      `\n${renderSummary(result, { style: screen.style, logCommand: `drover-agent logs ${tenant} --id ${id}` })}`,
    );
  return result;
}
