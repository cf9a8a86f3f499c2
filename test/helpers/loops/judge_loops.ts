// Which blocked event loops are a program's own doing: those in whose time the control process was never late.
import { z } from 'zod';

/** As the monitor writes it; times are monotonic milliseconds of this machine. */
const latenessSchema = z.object({
  program: z.string(),
  pid: z.number(),
  fromMs: z.number(),
  toMs: z.number(),
  /** How long the main thread computed in this time, and how long it was blocked without waiting for a processor. */
  computedMs: z.number(),
  blockedMs: z.number(),
});
export type Lateness = z.infer<typeof latenessSchema>;

/**
 * Time that the thread computes is its own. Blocked without computing, it waits for a file or for a program that it
 * starts, which on a busy machine waits for a processor itself.
 */
const most = { computedMs: 250, blockedMs: 1000 };

/** The lines of a monitor's file; one that is being written is left out. */
export function parseLateness(text: string): Lateness[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => latenessSchema.parse(JSON.parse(line)));
}

/** The blocks that are too long, and that the machine does not explain. `control`: when the control process was late. */
export function judgeLoops(programs: readonly Lateness[], control: readonly Lateness[]): Lateness[] {
  return programs.filter(
    (block) =>
      (block.computedMs > most.computedMs || block.blockedMs > most.blockedMs) &&
      !control.some(({ fromMs, toMs }) => fromMs < block.toMs && block.fromMs < toMs),
  );
}

export function describeBlock({ program, pid, computedMs, blockedMs }: Lateness): string {
  const spent = `it computed for ${Math.round(computedMs)} ms`;
  return `the event loop of ${program} (${pid}) was blocked for ${Math.round(blockedMs)} ms, in which ${spent}`;
}
