// The incoming stream of one upgrade: checks that no item is missing or repeated, and stores the items in batches.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { Event } from '../../../shared/model/journal/events.js';
import type { Position } from '../../../shared/wire/protocol.js';
import { withoutConfig, type OutputPiece } from '../../../shared/model/journal/stream_item.js';
import { createResultFold } from '../../../shared/model/journal/derive_result.js';
import { sharedLimits } from '../../../shared/limits.js';
import { controllerLimits } from '../../limits.js';
import { findAnsweredOrder } from '../answered_order.js';
import type { Sql, StoreDatabase } from './database/database.js';
import type { FoldStored } from './fold_stored.js';
import { findUpgrade } from './upgrades.js';
import { emptySummary, summarize, type Summary } from '../summary.js';
import type { IncomingStream, StreamOptions } from '../port.js';
import type { StoredItem } from '../stored.js';
import type { ItemRow } from './stream_items.js';
import { cutUpgrade, findStoredBytes, sizeOfRow, tooLarge, writeItems } from './write_items.js';

const outputsSchema = z.record(z.string(), z.number());
const progressRow = z.object({
  items: z.number(),
  events: z.number(),
  event_bytes: z.number(),
  output_bytes: z.number(),
  outputs: z.string().transform((text) => outputsSchema.parse(JSON.parse(text))),
});

/** What the streams of one store share. */
export interface StreamSource {
  database: StoreDatabase;
  foldStored: FoldStored;
  clock: Pick<Clock, 'now'>;
}

/** Opens the stream at its stored end, after all writes that were asked for before. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export async function openIncomingStream(
  { database, foldStored, clock }: StreamSource,
  { upgrade, host, onStored }: StreamOptions,
): Promise<IncomingStream> {
  await database.flushed();
  const row = readProgress(database.read, upgrade);
  let seq = row?.items ?? 0;
  let events = row?.events ?? 0;
  const outputs = new Map(Object.entries(row?.outputs ?? {}));
  let summary: Summary = row ?? emptySummary;
  let eventBytes = row?.event_bytes ?? 0;
  let outputBytes = row?.output_bytes ?? 0;
  const { upgradeEvents, upgradeEventBytes, upgradeOutput, hostBytes } = controllerLimits;
  const { openOutputs } = sharedLimits;
  let isHostFull = findStoredBytes(database.read, host) > hostBytes.max;
  const result = row === null ? createResultFold() : await foldStored(upgrade, row.items);
  /** The batch of the next commit. Items join it until the commit begins. */
  let batch: ItemRow[] | null = null;
  let done = Promise.resolve();
  let isCut = false;
  let isOutputFull = false;
  /** Why a batch was not written: none after it is either, or the stream would have a gap. */
  let failure: { thrown: unknown } | null = null;

  const position = (): Position => ({ upgrade, events, outputs: Object.fromEntries(outputs) });

  function takeEvent(event: Event): void {
    if (event.n !== events + 1) throw outOfOrder(upgrade, `event ${event.n} after event ${events}`);
    if ((event.n === 1) !== (event.type === 'begin')) throw outOfOrder(upgrade, `an event ${event.type} at ${event.n}`);
    if (event.type === 'begin') {
      if (event.id !== upgrade) throw outOfOrder(upgrade, `the event begin of ${event.id}`);
    }
    if (event.type === 'command' && !event.quiet) {
      if (outputs.size >= openOutputs.max) {
        throw outOfOrder(upgrade, `more than ${openOutputs.max} commands print at once`);
      }
      outputs.set(event.key, 0);
    }
    events = event.n;
    if (event.type === 'exit') outputs.delete(event.key);
    summary = summarize(summary, event);
    result.add(event);
  }

  function takeOutput({ key, at, next }: OutputPiece): void {
    const expected = outputs.get(key);
    if (at !== expected || next < at) {
      throw outOfOrder(upgrade, `output of ${key} from ${at}, not ${expected ?? 'any'}`);
    }
    outputs.set(key, next);
  }

  /** The text to store of a piece of output; where there is no room for it once a line in its place, then null. */
  function limitOutput({ text }: OutputPiece): string | null {
    if (isOutputFull) return null;
    isOutputFull = isHostFull || outputBytes + sizeOfRow(text) > upgradeOutput.max;
    const stored = isOutputFull ? '[the controller stores no more of the output: it is over a limit]\n' : text;
    outputBytes += sizeOfRow(stored);
    return stored;
  }

  /** Why an event of this size is not stored, or null. */
  function findExcess(bytes: number): AppError | null {
    if (events < upgradeEvents.max && eventBytes + bytes <= upgradeEventBytes.max) return null;
    const most = `${upgradeEvents.max} events or ${upgradeEventBytes.max / 1024 ** 2} MiB`;
    return tooLarge(`the journal of ${upgrade} is over the limit of ${most}`);
  }

  /** Ends the upgrade here; nothing more of it is stored. */
  async function cut(at: string, refusal: AppError): Promise<void> {
    await done;
    await database.write((sql) =>
      cutUpgrade(sql, { upgrade, host, at, refusal, result: result.read(), receivedAt: clock.now().toISOString() }),
    );
    onStored([]);
    throw refusal;
  }

  function push(item: StoredItem['item'], body: string): Promise<void> {
    seq += 1;
    if (batch === null) {
      batch = [];
      done = writeBatch(batch);
    }
    batch.push({ seq, item, body });
    return done;
  }

  async function writeBatch(items: readonly ItemRow[]): Promise<void> {
    try {
      const written = await database.write((sql) => {
        // What comes from now on is for the next batch.
        if (batch === items) batch = null;
        if (failure !== null) return null;
        const receivedAt = clock.now().toISOString();
        const state = {
          receivedAt,
          position: position(),
          summary,
          result: () => result.read(),
        };
        return writeItems(sql, { upgrade, host, items, ...state });
      });
      if (failure !== null) throw failure.thrown;
      if (written !== null) ({ isHostFull } = written);
      if (written !== null && written.refusal !== null) throw written.refusal;
    } catch (thrown) {
      failure ??= { thrown };
      throw thrown;
    }
    onStored(items.flatMap(findAnswered));
  }

  return {
    position,
    add(given) {
      if (isCut) return done;
      if ('output' in given) {
        takeOutput(given.output);
        const text = limitOutput(given.output);
        // The next event stores how far the output came.
        return text === null ? done : push({ output: { ...given.output, text } }, text);
      }
      const event = withoutConfig(given.event);
      const body = JSON.stringify(event);
      const excess = findExcess(sizeOfRow(body));
      if (excess !== null) {
        isCut = true;
        done = cut(event.at, excess);
        return done;
      }
      takeEvent(event);
      eventBytes += sizeOfRow(body);
      return push({ event }, body);
    },
  };
}

function findAnswered({ item }: StoredItem): string[] {
  const answered = 'event' in item ? findAnsweredOrder(item.event) : null;
  return answered === null ? [] : [answered];
}

function outOfOrder(upgrade: string, what: string): AppError {
  return new AppError('protocol', `the stream of ${upgrade} is out of order: ${what}`);
}

/** How far the stream is stored, and what lists say of its upgrade; null where nothing of it is. */
function readProgress(sql: Sql, id: string): (Summary & z.output<typeof progressRow>) | null {
  const row = sql.get('SELECT items, events, outputs, event_bytes, output_bytes FROM upgrades WHERE id = ?', [id]);
  const upgrade = row === undefined ? null : findUpgrade(sql, id);
  return upgrade === null ? null : { ...upgrade, ...progressRow.parse(row) };
}
