// `npm run demo`: a tour of Drover on a small real app. `--exit` ends it after the tour; `--agent-only` runs it without a
// controller.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { endProcesses } from './end_processes.js';
import { printProblem, printText } from './narrate.js';
import { runTour } from './tour.js';

const usage = 'usage: npm run demo [-- [--exit] [--agent-only]]';

/** Exit codes: 0 every check held and the folder is removed; 1 a check failed; 2 usage; 130 interrupted before the end. */
async function main(words: readonly string[]): Promise<number> {
  if (words.some((word) => word !== '--exit' && word !== '--agent-only')) {
    printProblem(usage);
    return 2;
  }
  const stop = watchForStop();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-demo-'));
  try {
    await runTour(folder, { hasController: !words.includes('--agent-only'), signal: stop });
    if (!words.includes('--exit')) {
      printText(`Ctrl-C ends Drover and the services, and removes ${folder}.`);
      await untilAborted(stop);
    }
  } catch (error) {
    await endProcesses(folder);
    if (!stop.aborted) {
      printProblem(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
      printProblem(`Its files, with the logs, are in ${folder}`);
      return 1;
    }
    await rm(folder, { recursive: true });
    return 130;
  }
  await endProcesses(folder);
  await rm(folder, { recursive: true });
  printText(`Drover and the services have ended, and ${folder} is removed.`);
  return 0;
}

/** Ctrl-C may arrive more than once, because npm passes it on as well: only the first one starts the clean-up. */
function watchForStop(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('interrupted'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  // The pipe or the terminal was closed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
  return controller.signal;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(alive);
}

process.exitCode = await main(process.argv.slice(2));
