// Watches a rollout until it has ended or waits for somebody. Ctrl-C and q end the display, never the rollout.
import type { AppError } from '../../../shared/errors.js';
import { readKeys } from '../../../shared/terminal/screen/keys.js';
import { detachedExitCode } from '../../../shared/terminal/stream/show_upgrade.js';
import type { Client } from '../../client/create_client.js';
import type { DroverContext } from '../drover_command.js';
import { createRolloutLines } from '../render/rollout/rollout_lines.js';
import { renderRollout } from '../render/rollout/render_rollout.js';
import { exitCodeOf, isOver } from './outcome.js';
import { readFrameIfThere, type RolloutFrame } from './read_frame.js';
import { createWatchKeys } from './watch_keys.js';

const tickMs = 1000;

type WatchClient = Pick<Client, 'followRollout' | 'listTargets' | 'pauseRollout' | 'resumeRollout' | 'abortRollout'>;

/** The exit code: 0 done, 1 halted, aborted or with failures, 130 after Ctrl-C or q. Throws AppError. */
export async function watchRollout(context: DroverContext, client: WatchClient, id: string): Promise<number> {
  const { screen, json, onSignal, clock } = context;
  const leaving = new AbortController();
  const { signal } = leaving;
  const lines = createRolloutLines();
  let frame: RolloutFrame | null = null;
  let lost: AppError | null = null;
  const isDrawn = screen.isTerminal && !json;
  const keys = createWatchKeys({ client, id, leave: () => leaving.abort(), onChange: draw });
  const stopKeys = isDrawn ? readKeys(context.stdin, (key) => keys.press(key, frame?.rollout ?? null)) : null;
  const stopListening = onSignal('SIGINT', () => leaving.abort());

  function draw(): void {
    if (!isDrawn || frame === null) return;
    const footer = lost === null ? keys.describe(frame.rollout, stopKeys !== null) : `trying again: ${lost.message}`;
    screen.showFrame(renderRollout(frame, { screen, now: clock.now(), footer }));
  }

  async function show(next: RolloutFrame): Promise<void> {
    frame = next;
    if (json) screen.printJsonLine(next.rollout);
    else if (!screen.isTerminal) for (const line of lines.next(next.rollout, clock.now())) screen.print(line);
    draw();
  }

  const onContact = (now: AppError | null) => {
    if (now !== null && lost === null && !screen.isTerminal && !json) screen.note(`${now.message}; trying again`);
    lost = now;
    draw();
  };
  const following = client.followRollout(id, signal, { onContact });
  const ticking = isDrawn ? tick(clock, signal, draw) : Promise.resolve();
  try {
    for (;;) {
      const { done, value } = await following.next();
      await show(await readFrameIfThere(client, value));
      if (done === true) break;
      if (!isOver(value)) continue;
      await following.return(value);
      break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stopKeys?.();
    stopListening();
    screen.showPending(null);
    const hasLeft = signal.aborted;
    leaving.abort();
    await ticking;
    if (hasLeft) screen.note(`You stopped watching; the rollout goes on.\n  drover rollout watch ${id}`);
  }
  return end(context, frame);
}

/** What stays on the screen. */
function end({ screen, json, clock }: DroverContext, frame: RolloutFrame | null): number {
  if (frame === null || !isOver(frame.rollout)) return detachedExitCode;
  if (!json) screen.print(renderRollout(frame, { screen: { ...pick(screen), height: null }, now: clock.now() }));
  return exitCodeOf(frame.rollout);
}

const pick = ({ style, width }: DroverContext['screen']) => ({ style, width });

/** Refreshes what shows that time passes. */
async function tick(clock: DroverContext['clock'], signal: AbortSignal, refresh: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.wait(tickMs, signal).catch(() => undefined);
    if (!signal.aborted) refresh();
  }
}
