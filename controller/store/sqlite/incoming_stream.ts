// The incoming stream of one upgrade: checks that no item is missing or repeated, and stores the items in batches.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { Event } from '../../../shared/model/events.js';
import type { Position } from '../../../shared/wire/protocol.js';
import { withoutConfig } from '../../../shared/model/stream_item.js';
import type { Sql, StoreDatabase } from './database.js';
import { findUpgrade } from './upgrades.js';
import { emptySummary, summarize, type Summary } from '../summary.js';
import type { IncomingStream, StreamOptions } from '../port.js';
import type { StoredItem } from '../stored.js';
import { writeItems } from './write_items.js';

const outputsSchema = z.record(z.string(), z.number());
const progressRow = z.object({
  items: z.number(),
  events: z.number(),
  outputs: z.string().transform((text) => outputsSchema.parse(JSON.parse(text))),
});

/** Opens the stream at its stored end, after all writes that were asked for before. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export async function openIncomingStream(
  database: StoreDatabase,
  clock: Pick<Clock, 'now'>,
  { upgrade, host, onStored }: StreamOptions,
): Promise<IncomingStream> {
  await database.flushed();
  const row = readProgress(database.read, upgrade);
  let seq = row?.items ?? 0;
  let events = row?.events ?? 0;
  const outputs = new Map(Object.entries(row?.outputs ?? {}));
  let summary: Summary = row ?? emptySummary;
  /** The batch of the next commit. Items join it until the commit begins. */
  let batch: StoredItem[] | null = null;
  let done = Promise.resolve();
  /** Why a batch was not written: none after it is either, or the stream would have a gap. */
  let failure: { thrown: unknown } | null = null;

  const position = (): Position => ({ upgrade, events, outputs: Object.fromEntries(outputs) });

  function takeEvent(event: Event): void {
    if (event.n !== events + 1) throw outOfOrder(upgrade, `event ${event.n} after event ${events}`);
    if ((event.n === 1) !== (event.type === 'begin')) throw outOfOrder(upgrade, `an event ${event.type} at ${event.n}`);
    if (event.type === 'begin') {
      if (event.id !== upgrade) throw outOfOrder(upgrade, `the event begin of ${event.id}`);
    }
    events = event.n;
    if (event.type === 'command' && !event.quiet) outputs.set(event.key, 0);
    if (event.type === 'exit') outputs.delete(event.key);
    summary = summarize(summary, event);
  }

  function takeOutput({ key, at, next }: { key: string; at: number; next: number }): void {
    const expected = outputs.get(key);
    if (at !== expected || next < at) {
      throw outOfOrder(upgrade, `output of ${key} from ${at}, not ${expected ?? 'any'}`);
    }
    outputs.set(key, next);
  }

  async function writeBatch(items: readonly StoredItem[]): Promise<void> {
    try {
      const refusal = await database.write((sql) => {
        // What comes from now on is for the next batch.
        if (batch === items) batch = null;
        return failure === null
          ? writeItems(sql, {
              upgrade,
              host,
              items,
              position: position(),
              summary,
              receivedAt: clock.now().toISOString(),
            })
          : null;
      });
      if (failure !== null) throw failure.thrown;
      if (refusal !== null) throw refusal;
    } catch (thrown) {
      failure ??= { thrown };
      throw thrown;
    }
    onStored(items.flatMap(findAnswered));
  }

  return {
    position,
    add(given) {
      const item = 'event' in given ? { event: withoutConfig(given.event) } : given;
      if ('event' in item) takeEvent(item.event);
      else takeOutput(item.output);
      seq += 1;
      if (batch === null) {
        batch = [];
        done = writeBatch(batch);
      }
      batch.push({ seq, item });
      return done;
    },
  };
}

/** The event `rollback` answers the order of that id. */
function findAnswered({ item }: StoredItem): string[] {
  return 'event' in item && item.event.type === 'rollback' ? [item.event.id] : [];
}

function outOfOrder(upgrade: string, what: string): AppError {
  return new AppError('protocol', `the stream of ${upgrade} is out of order: ${what}`);
}

/** How far the stream is stored, and what lists say of its upgrade; null where nothing of it is. */
function readProgress(sql: Sql, id: string): (Summary & z.output<typeof progressRow>) | null {
  const row = sql.get('SELECT items, events, outputs FROM upgrades WHERE id = ?', [id]);
  const upgrade = row === undefined ? null : findUpgrade(sql, id);
  return upgrade === null ? null : { ...upgrade, ...progressRow.parse(row) };
}
