// The hooks that ran in an upgrade, from its events: when, how long, and how each ended.
import { z } from 'zod';
import { bodies, type Event } from './journal/events.js';
import { count, hash, id, path, signal, tag, time } from './names.js';
import { phases } from './plan/plan.js';

export const hookRunSchema = z.object({
  tag,
  phase: z.enum(phases),
  file: path,
  sha256: hash,
  at: time,
  /** Null while it runs, as are `cause` and the exit. */
  ms: count.nullable(),
  cause: bodies.exit.shape.cause.nullable(),
  exit_code: z.number().int().nullable(),
  signal: signal.nullable(),
  upgrade: id,
});
export type HookRun = z.infer<typeof hookRunSchema>;

/** In the order in which they began. Events other than `command` and `exit` may be left out. Pure. */
export function listHookRuns(upgrade: string, events: readonly Event[]): HookRun[] {
  const runs: HookRun[] = [];
  const open = new Map<string, HookRun>();
  for (const event of events) {
    if (event.type === 'command' && event.hook !== undefined) {
      const run = { ...event.hook, at: event.at, ms: null, cause: null, exit_code: null, signal: null, upgrade };
      runs.push(run);
      open.set(event.key, run);
    }
    const ended = event.type === 'exit' ? open.get(event.key) : undefined;
    if (event.type !== 'exit' || ended === undefined) continue;
    const { ms, cause, code, signal: by } = event;
    Object.assign(ended, { ms, cause, exit_code: code, signal: by });
    open.delete(event.key);
  }
  return runs;
}
