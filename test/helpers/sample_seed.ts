// Chooses the samples of the long tables. Each commit takes other rows, so that many commits cover all of them.
import { execFileSync } from 'node:child_process';

/** The start of the commit's hash as a number; `TEST_SEED=…` repeats the sample of another run. */
export const sampleSeed = Number(process.env['TEST_SEED'] ?? readCommit());

/** For the title of a test that runs a sample. */
export const sampleTitle = `a sample by TEST_SEED=${sampleSeed}`;

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
