// Chooses the samples of the long tables. Each commit takes other rows, so that many commits cover all of them.
import { execFileSync } from 'node:child_process';
import { choose, createRandom } from './seeded_random.js';

/** The start of the commit's hash as a number; `TEST_SEED=…` repeats the sample of another run. */
export const sampleSeed = Number(process.env['TEST_SEED'] ?? readCommit());

/** True where a file runs as one of the long tables: with all of its rows. */
export const isLong = process.env['TEST_SAMPLES'] === 'all';

/** `count` of the rows, in their order; all of them in the long tables, which run the same file. */
export function sample<T>(rows: readonly T[], count: number): readonly T[] {
  return isLong ? rows : choose(rows, { count, random: createRandom(sampleSeed) });
}

/** For the title of a test that runs a sample. */
export const sampleTitle = isLong ? 'all of them' : `a sample by TEST_SEED=${sampleSeed}`;

function readCommit(): number {
  const words = ['-c', 'safe.directory=*', 'rev-parse', 'HEAD'];
  try {
    const hash = execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' });
    return Number.parseInt(hash.slice(0, 8), 16);
  } catch {
    // A package without its repository.
    return 0;
  }
}
