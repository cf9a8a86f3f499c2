// Events of one agent stored durably, against a bare loop of ws, JSON.parse and SQLite in batches of a hundred.
import { withStreamer } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const events = 50_000;

export const append: Row = {
  name: 'append',
  what: `${events} journal events of one agent, sent by its own protocol code and stored durably`,
  unit: 's',
  bound: 'ratio',
  // Half and four fifths of the bare loop's throughput.
  limit: 2,
  target: 1.25,
  async measure() {
    const measure = (kind: 'product' | 'bare') => () =>
      withStreamer(kind, async (streamer, port) => (await streamer.ask('events', kind, port, events)) / 1000);
    const measured = await measurePairs({ pairs: 3, figure: measure('product'), control: measure('bare') });
    return {
      measured,
      remark: `${Math.round(events / measured.figure)} events a second; the control parses and stores batches of 100 with synchronous=FULL`,
    };
  },
};
