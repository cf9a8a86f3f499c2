// The run number: the store and a file beside it both have it, and the store's is never the lower one. A store whose number
// is lower was restored from a copy: what hosts did since then it does not know, so its rollouts pause.
import path from 'node:path';
import { replaceTrustedFile } from '../../shared/os/trusted/write_file.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';
import type { Log } from '../../shared/os/log.js';
import type { Store } from '../store/port.js';

/** A copy that is older than this is found. */
const raiseEveryMs = 60_000;

export interface RunNumberOptions {
  /** The folder of the store. */
  folder: string;
  store: Pick<Store, 'readRun' | 'writeRun'> & { rollouts: Pick<Store['rollouts'], 'pauseAll'> };
  log: Log;
}

export interface RunNumber {
  /** Raises it a last time. */
  stop(): Promise<void>;
}

/**
 * Pauses every open rollout of a restored store, and raises the number now and then. Killed at any moment, it pauses no
 * rollout by mistake: the store's number is always written first. Throws AppError `config` for a file that others may change.
 */
export async function startRunNumber({ folder, store, log }: RunNumberOptions): Promise<RunNumber> {
  const file = path.join(folder, 'controller.run');
  let run = await store.readRun();
  const known = await readNumber(file);
  if (known === null ? run > 0 : run < known) {
    const paused = await store.rollouts.pauseAll(
      'the store was restored from an older copy, and does not know what hosts did since; look at them, then resume',
    );
    log.warn({ run, known, paused }, 'the store was restored from an older copy: every rollout is paused');
  }
  // The very first one: with no file, a store that was raised already would count as restored.
  if (known === null && run === 0) await writeNumber(file, 0);
  run = Math.max(run, known ?? 0);

  async function raise(): Promise<void> {
    await store.writeRun(run + 1);
    run += 1;
    await writeNumber(file, run);
  }

  await raise();
  let raising = Promise.resolve();
  const raiseNext = () => {
    raising = raising.then(raise).catch((error: unknown) => {
      log.warn({ err: error, file }, 'the run number could not be raised: a restored store may not be found as one');
    });
    return raising;
  };
  const timer = setInterval(() => void raiseNext(), raiseEveryMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      return raiseNext();
    },
  };
}

/** Null where there is no file, or no number in it. */
async function readNumber(file: string): Promise<number | null> {
  if ((await checkPath(file, { mayBeMissing: true })).stats === null) return null;
  const text = (await readTrustedFile(file, 'config')).toString().trim();
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

async function writeNumber(file: string, run: number): Promise<void> {
  await replaceTrustedFile(file, `${run}\n`, { mode: 0o600 });
}
