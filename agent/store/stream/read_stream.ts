// Reads an upgrade's stream in order: all events, and the whole output of a command before its exit event.
import type { Clock } from '../../../shared/os/clock.js';
import { tellEvent } from '../admit_event.js';
import { commandFolder, type RunPlaces } from '../run_folders.js';
import type { Event } from '../../../shared/model/journal/events.js';
import { watchFolder } from '../../command/folder_watch.js';
import type { StreamItem } from '../../../shared/model/journal/stream_item.js';
import { readOutput } from '../../command/output/read_output.js';
import { runFolder } from '../../command/run_folder.js';
import { isOutOfResources } from '../../command/os_errors.js';

export interface StreamSource {
  /** The upgrade's folder. */
  folder: string;
  runs: RunPlaces;
  clock: Pick<Clock, 'wait'>;
  /** The events that may be shown; the list grows while the upgrade runs. */
  readEvents(): readonly Event[];
  /** Calls `listener` when more events exist; returns the function that stops it. Absent unless the upgrade runs. */
  subscribe?: (listener: () => void) => () => void;
  /** Aborted once no more events come, though the upgrade has not ended: its stream then ends where it is. */
  ended?: AbortSignal | undefined;
  secrets: readonly string[];
  limitBytes: number;
}

/** A reader's position: events in the journal, bytes in each output. */
export interface Positions {
  events: number;
  outputs: Record<string, number>;
}

/** The polling intervals without a change event: of an output, which may be unwatched, and of the journal. */
const outputPollMs = 100;
const journalPollMs = 1000;

/** The pause after a read of output, so that lines in quick succession are sent in one chunk. */
const batchMs = 30;

/**
 * The stream from `from` on. While the upgrade runs, the stream continues to its end: the event `finish`. It may be
 * read again from any position, with the same content.
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
      let batch: Promise<unknown> | null = null;
      for (const key of open) {
        for await (const item of readCommandOutput(source, { key, outputs, ended: false, signal })) {
          yield item;
          batch ??= source.clock.wait(batchMs);
        }
      }
      const isAll = source.subscribe === undefined || source.ended?.aborted === true;
      if (isAll && source.readEvents().length === n) return;
      if (source.readEvents().length === n) await waitForMore(source, { open, n, batch, signal });
      continue;
    }
    if (event.type === 'exit' && open.has(event.key)) {
      yield* readCommandOutput(source, { key: event.key, outputs, ended: true, signal });
    }
    track(open, event);
    yield { event: tellEvent(event) };
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
      await clock.wait(outputPollMs, signal);
    }
  }
}

interface Waiting {
  open: ReadonlySet<string>;
  /** How many events were read. */
  n: number;
  /** Resolves at the end of the pause after a read of output; events do not wait for it. */
  batch: Promise<unknown> | null;
  signal: AbortSignal;
}

async function waitForMore(source: StreamSource, { open, n, batch, signal }: Waiting): Promise<void> {
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
  for (const end of [signal, source.ended]) end?.addEventListener('abort', wake);
  if (source.ended?.aborted === true) wake();
  try {
    if (key !== undefined) changes.listen();
    if (source.readEvents().length === n) {
      await changes.next({ timeoutMs: key === undefined ? journalPollMs : outputPollMs });
    }
    if (source.readEvents().length === n && !signal.aborted) await Promise.race([batch, woken]);
  } finally {
    changes.close();
    stop?.();
    for (const end of [signal, source.ended]) end?.removeEventListener('abort', wake);
  }
  signal.throwIfAborted();
}
