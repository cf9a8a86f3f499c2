// Marker files, by which hooks remember that they ran. A rollback removes new ones: otherwise a retry skips undone
// work.
import { bashWords } from '../../command/own_bash.js';
import { readData } from '../../command/output/read_data.js';
import { durableIn, minimalEnvironment, tenantCommand, type RunContext } from '../site.js';
import { printMatches, splitMatches } from './matching_files.js';

const timeLimitMs = 60_000;
/** How many names go into one command line. */
const batchSize = 500;

/** The existing marker files: those that match `patterns`, which are relative to `app_dir`. */
export async function listMarkers(context: RunContext, patterns: readonly string[]): Promise<string[]> {
  return list(context, 'list-markers', patterns);
}

/**
 * Removes the marker files that are not among `before`, and returns them. Called again, it returns the same files.
 */
export async function removeNewMarkers(
  context: RunContext,
  { before, patterns }: { before: readonly string[]; patterns: readonly string[] },
): Promise<string[]> {
  const { site, run } = context;
  const kept = new Set(before);
  const fresh = (await list(context, 'list-markers-now', patterns)).filter((name) => !kept.has(name));
  for (let at = 0; at < fresh.length; at += batchSize) {
    const spec = tenantCommand(site, {
      title: 'remove new marker files',
      argv: ['rm', '-f', '--', ...fresh.slice(at, at + batchSize)],
      env: minimalEnvironment(site.user),
      timeLimitMs,
      durable: durableIn(site, site.appDir),
    });
    await run(`remove-markers-${at / batchSize}`, spec);
  }
  return fresh;
}

async function list({ site, run }: RunContext, key: string, patterns: readonly string[]): Promise<string[]> {
  const script = `set -e -o pipefail${printMatches}print_matches "$@"`;
  const exit = await run(
    key,
    tenantCommand(site, {
      title: 'list marker files',
      argv: bashWords(script, patterns),
      env: minimalEnvironment(site.user),
      timeLimitMs,
      quiet: true,
    }),
  );
  return splitMatches(await readData(exit.outputPath));
}
