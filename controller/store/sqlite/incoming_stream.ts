// The stream of one upgrade as it comes in: checked to be without gap or repetition, and stored in batches.
import { AppError } from '../../../shared/errors.js';
import type { Event } from '../../../shared/model/events.js';
import type { Position } from '../../../shared/wire/protocol.js';
import { withoutConfig, type StreamItem } from '../../../shared/model/stream_item.js';
import type { StoreDatabase } from './database.js';
import { emptySummary, summarize, type Summary } from '../summary.js';
import { findRow } from './upgrades.js';
import type { StoredItem } from './stream_items.js';
import { writeItems } from './write_items.js';

export interface IncomingStream {
  /** How far it has come, stored or on its way there. */
  position(): Position;
  /**
   * Takes the next item; resolves once it is stored. Throws AppError `protocol` for one that is not next, `forbidden`
   * for what this host may not begin; where storing fails (`disk-full`, `io`) the stream must be opened anew.
   */
  add(item: StreamItem): Promise<void>;
}

interface Options {
  database: StoreDatabase;
  upgrade: string;
  host: string;
  /** Throws where this host may not begin an upgrade of that tenant. */
  mayBegin: (tenant: string) => void;
  /** Called when more of the upgrade is stored, with the ids of the orders that this answers. */
  onStored: (answered: string[]) => void;
}

/** Opens the stream where the store has it to, which is all that was written before this was called. */
export async function openIncomingStream(options: Options): Promise<IncomingStream> {
  const { database, upgrade, host, mayBegin, onStored } = options;
  await database.flushed();
  const row = findRow(database.read, upgrade);
  let seq = row?.items ?? 0;
  let events = row?.events ?? 0;
  const outputs = new Map(Object.entries(row?.outputs ?? {}));
  let summary: Summary = row ?? emptySummary;
  /** What is to be written next; items can join it until it is. */
  let batch: StoredItem[] | null = null;
  let done = Promise.resolve();

  const position = (): Position => ({ upgrade, events, outputs: Object.fromEntries(outputs) });

  function takeEvent(event: Event): void {
    if (event.n !== events + 1) throw outOfOrder(upgrade, `record ${event.n} after record ${events}`);
    if ((event.n === 1) !== (event.type === 'begin')) throw outOfOrder(upgrade, `a record ${event.type} at ${event.n}`);
    if (event.type === 'begin') {
      if (event.id !== upgrade) throw outOfOrder(upgrade, `the beginning of ${event.id}`);
      mayBegin(event.tenant);
    }
    events = event.n;
    if (event.type === 'command' && !event.quiet) outputs.set(event.key, 0);
    if (event.type === 'exit') outputs.delete(event.key);
    summary = summarize(summary, event);
  }

  function takeOutput({ key, at, next }: { key: string; at: number; next: number }): void {
    const expected = outputs.get(key);
    if (at !== expected || next < at)
      throw outOfOrder(upgrade, `output of ${key} from ${at}, not ${expected ?? 'any'}`);
    outputs.set(key, next);
  }

  return {
    position,
    add(given) {
      const item = 'event' in given ? { event: withoutConfig(given.event) } : given;
      if ('event' in item) takeEvent(item.event);
      else takeOutput(item.output);
      seq += 1;
      if (batch === null) {
        const items: StoredItem[] = [];
        batch = items;
        done = database
          .write((sql) => {
            // What comes from now on is for the next batch.
            if (batch === items) batch = null;
            writeItems(sql, { upgrade, host, items, position: position(), summary });
          })
          .then(() => onStored(items.flatMap(findAnswered)));
      }
      batch.push({ seq, item });
      return done;
    },
  };
}

/** The record `rollback` answers the order of that id. */
function findAnswered({ item }: StoredItem): string[] {
  return 'event' in item && item.event.type === 'rollback' ? [item.event.id] : [];
}

function outOfOrder(upgrade: string, what: string): AppError {
  return new AppError('protocol', `the stream of ${upgrade} goes on with ${what}`);
}
