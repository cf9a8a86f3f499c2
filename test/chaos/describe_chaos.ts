// Registers a chaos run as a test. CHAOS_SEED=… repeats the actions of another run.
import { expect, test } from 'vitest';
import { runChaos, type ChaosWish } from './run_chaos.js';

/** Step by step, so that a run that hangs has said where. */
const say = (text: string) => console.log(text);

export function describeChaos(title: string, wish: Pick<ChaosWish, 'seed' | 'goesOn'>): void {
  const seed = Number(process.env['CHAOS_SEED'] ?? wish.seed);
  test(`${title} leave every tenant whole (CHAOS_SEED=${seed})`, async () => {
    say(`chaos: CHAOS_SEED=${seed}`);
    const { steps, ends, wrong } = await runChaos({ ...wish, seed, say });
    say(`chaos: ${steps} steps, upgrades that ended: ${JSON.stringify(ends)}`);
    expect(wrong).toEqual([]);
  });
}
