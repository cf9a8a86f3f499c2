// A hook's long output from the host's disk to the controller's, against bare chunks of 64 KiB in JSON.
import { withStreamer } from '../fleet/with_fleet.js';
import { measurePairs } from '../measure.js';
import type { Row } from '../row.js';

const megabytes = 64;

export const output: Row = {
  name: 'output',
  what: `${megabytes} MiB of a hook's output read, cleaned, sent and stored durably`,
  unit: 's',
  bound: 'ratio',
  // Four and seven tenths of the bare throughput.
  limit: 2.5,
  target: 1.43,
  async measure() {
    const measure = (kind: 'product' | 'bare') => () =>
      withStreamer(
        kind,
        async (streamer, port) => (await streamer.ask('output', kind, port, megabytes * 1024 ** 2)) / 1000,
      );
    const measured = await measurePairs({ pairs: 3, figure: measure('product'), control: measure('bare') });
    return {
      measured,
      remark: `${Math.round(megabytes / measured.figure)} MiB a second; the control reads the file, sends chunks as JSON and parses them, and stores nothing`,
    };
  },
};
