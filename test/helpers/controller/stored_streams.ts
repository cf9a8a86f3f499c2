// Made-up streams, event by event, as agents send them.
import type { Event, EventBody } from '../../../shared/model/journal/events.js';
import type { StreamItem } from '../../../shared/model/journal/stream_item.js';

const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();

/** Numbers the events. */
export function stampEvents(bodies: readonly EventBody[], from = 1): Event[] {
  return bodies.map((body, index) => ({ n: from + index, at: at(from + index), ...body }));
}

export function beginOf(id: string, tenant: string, host: string): EventBody {
  const request = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
  return { type: 'begin', version: 1, id, tenant, host, request, plan: null, current_version: null, config: null };
}

export const finishOf = (status: 'success' | 'refused' | 'rolled_back' = 'success'): EventBody => ({
  type: 'finish',
  status,
  current_version: 'v0.2.0',
  hold: null,
  failure: null,
});

const toItems = (event: Event | undefined): StreamItem[] => (event === undefined ? [] : [{ event }]);

/** A whole upgrade with one hook that prints `lines` lines, some of them in chunks of `perChunk`. */
export function makeStream(options: {
  id: string;
  tenant: string;
  host: string;
  lines?: number;
  perChunk?: number;
}): StreamItem[] {
  const { id, tenant, host, lines = 4, perChunk = 2 } = options;
  const key = 'hooks-post-pull.v0.2.0.sh';
  const step = 'hooks-post-pull';
  const [begin, stepBegin, command] = stampEvents([
    beginOf(id, tenant, host),
    { type: 'step-begin', step, stage: 'run' },
    { type: 'command', key, step, stage: 'run', title: 'a hook', boot_id: 'boot', quiet: false },
  ]);
  const rest = stampEvents(
    [
      { type: 'exit', key, code: 0, signal: null, cause: 'exited', ms: 5 },
      { type: 'step-end', step, stage: 'run', status: 'ok' },
      finishOf(),
    ],
    4,
  );
  const outputs: StreamItem[] = [];
  let offset = 0;
  for (let line = 1; line <= lines; line += perChunk) {
    const count = Math.min(perChunk, lines - line + 1);
    const text = Array.from({ length: count }, (_, index) => `line ${line + index}\n`).join('');
    outputs.push({ output: { key, at: offset, next: offset + text.length, text } });
    offset += text.length;
  }
  return [...[begin, stepBegin, command].flatMap(toItems), ...outputs, ...rest.flatMap(toItems)];
}

/** An upgrade with one command that prints much, with events between its output: `items` items in all. */
export function makeLongStream(options: { id: string; tenant: string; host: string; items: number }): StreamItem[] {
  const { id, tenant, host, items } = options;
  const stream = makeStream({ id, tenant, host, lines: 0 });
  const [begin, stepBegin, command, ...rest] = stream;
  const key = 'hooks-post-pull.v0.2.0.sh';
  const middle: StreamItem[] = [];
  let n = 3;
  let offset = 0;
  while (middle.length < items - stream.length) {
    if (middle.length % 3 === 0) {
      const text = `line ${middle.length}\n`;
      middle.push({ output: { key, at: offset, next: offset + text.length, text } });
      offset += text.length;
    } else {
      n += 1;
      const [event] = stampEvents([{ type: 'line', text: `event ${n}` }], n);
      middle.push(...toItems(event));
    }
  }
  const later = rest.map((item) => ('event' in item ? { event: { ...item.event, n: (n += 1) } } : item));
  return [...[begin, stepBegin, command].flatMap((item) => item ?? []), ...middle, ...later];
}

/** As `stream` frames carry it. */
export function frameOf(upgrade: string, item: StreamItem) {
  return { type: 'stream' as const, upgrade, item };
}
