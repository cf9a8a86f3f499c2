// Reads an upgrade's stream in order: each event, and before a command's end all that it printed.
import type { Clock } from '../../shared/os/clock.js';
import { commandFolder, type RunPlaces } from './run_folders.js';
import type { Event } from '../../shared/model/events.js';
import { watchFolder } from '../command/folder_watch.js';
import { withoutConfig, type StreamItem } from '../../shared/model/stream_item.js';
import { readOutput } from '../command/output/read_output.js';
import { runFolder } from '../command/run_folder.js';
import { isOutOfResources } from '../command/os_errors.js';

export interface StreamSource {
  /** The upgrade's folder. */
  folder: string;
  runs: RunPlaces;
  clock: Pick<Clock, 'wait'>;
  /** The events that may be shown; grows while the upgrade is under way. */
  readEvents(): readonly Event[];
  /** Calls back when there are more; returns how to stop that. Absent where nothing is under way. */
  subscribe?: (listener: () => void) => () => void;
  secrets: readonly string[];
  limitBytes: number;
}

/** How far a reader has come: events in the journal, bytes in each output. */
export interface Positions {
  events: number;
  outputs: Record<string, number>;
}

/** Between two looks when no news comes: at an output that can't be watched, at a journal that is. */
const lookAtOutputMs = 100;
const lookAtJournalMs = 1000;

/** After output was read the next is left to gather for so long: lines that follow each other fast travel together. */
const gatherMs = 30;

/**
 * The stream from `from` on. Where the upgrade is under way it goes on to the end: the event `finish`. It may be begun
 * again from any position, and is the same.
 */
export async function* readStream(
  source: StreamSource,
  from: Positions,
  signal: AbortSignal,
): AsyncGenerator<StreamItem> {
  const outputs = { ...from.outputs };
  const open = new Set<string>();
  for (const event of source.readEvents().slice(0, from.events)) track(open, event);
  for (let n = from.events; ; ) {
    const event = source.readEvents()[n];
    if (event === undefined) {
      let gathering: Promise<unknown> | null = null;
      for (const key of open) {
        for await (const item of readCommandOutput(source, { key, outputs, ended: false, signal })) {
          yield item;
          gathering ??= source.clock.wait(gatherMs);
        }
      }
      if (source.subscribe === undefined) return;
      if (source.readEvents().length === n) await waitForMore(source, { open, n, gathering, signal });
      continue;
    }
    if (event.type === 'exit' && open.has(event.key)) {
      yield* readCommandOutput(source, { key: event.key, outputs, ended: true, signal });
    }
    track(open, event);
    yield { event: withoutConfig(event) };
    n += 1;
    if (event.type === 'finish' && n === source.readEvents().length) return;
  }
}

function track(open: Set<string>, event: Event): void {
  if (event.type === 'command' && !event.quiet) open.add(event.key);
  if (event.type === 'exit') open.delete(event.key);
}

interface OutputRead {
  key: string;
  outputs: Record<string, number>;
  ended: boolean;
  signal: AbortSignal;
}

async function* readCommandOutput(
  { runs, clock, secrets, limitBytes }: StreamSource,
  { key, outputs, ended, signal }: OutputRead,
): AsyncGenerator<StreamItem> {
  const file = runFolder(commandFolder(runs, key)).output;
  for (;;) {
    try {
      for await (const chunk of readOutput(file, outputs[key] ?? 0, { ended, secrets, limitBytes })) {
        outputs[key] = chunk.next;
        yield { output: { key, ...chunk } };
      }
      return;
    } catch (error) {
      if (!isOutOfResources(error)) return;
      await clock.wait(lookAtOutputMs, signal);
    }
  }
}

interface Waiting {
  open: ReadonlySet<string>;
  /** How many events were read. */
  n: number;
  /** Resolves when enough output may have gathered; events do not wait for it. */
  gathering: Promise<unknown> | null;
  signal: AbortSignal;
}

async function waitForMore(source: StreamSource, { open, n, gathering, signal }: Waiting): Promise<void> {
  signal.throwIfAborted();
  const [key] = [...open].slice(-1);
  const changes = watchFolder(key === undefined ? source.folder : commandFolder(source.runs, key));
  let wake: () => void = changes.notify;
  const woken = new Promise<void>((resolve) => {
    wake = () => {
      changes.notify();
      resolve();
    };
  });
  const stop = source.subscribe?.(wake);
  signal.addEventListener('abort', wake);
  try {
    if (key !== undefined) changes.listen();
    if (source.readEvents().length === n) {
      await changes.next({ timeoutMs: key === undefined ? lookAtJournalMs : lookAtOutputMs });
    }
    if (source.readEvents().length === n && !signal.aborted) await Promise.race([gathering, woken]);
  } finally {
    changes.close();
    stop?.();
    signal.removeEventListener('abort', wake);
  }
  signal.throwIfAborted();
}
