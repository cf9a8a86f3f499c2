// What a pipe gets of an upgrade: the lines of the tenant's log.
import { expect, it } from 'vitest';
import { createLogRenderer } from '../../../../shared/model/journal/render_log.js';
import type { StreamItem } from '../../../../shared/model/journal/stream_item.js';
import { createPlainRenderer } from '../../../../shared/terminal/stream/plain_stream.js';
import { begin, command, finish, journal, step } from './streams.js';

const events = journal(
  begin,
  ...step('checkout', [], 'prepare'),
  ...step('hooks-pre-pull'),
  ...step('migrate', [{ type: 'line', text: 'Running migrations...' }, command('a', 'migrate: 005.mjs')]),
  ...step('checkout', [{ type: 'line', text: 'Checked out v0.1.0 again' }], 'undo'),
  finish('rolled_back', 'v0.1.0'),
);
const items: StreamItem[] = [
  ...events.map((event) => ({ event })),
  { output: { key: 'a', at: 0, next: 8, text: 'one\ntwo\n' } },
];

it('has the date, the versions and the commit first, then a label with the place of each step, and its duration', () => {
  const log = createLogRenderer();
  expect(items.map((item) => log.render(item))).toEqual([
    `2025-12-16 10:15:00 upgrade ${begin.id} of testsite on h1: v0.1.0 -> v0.4.0 (abc123def456)`,
    '10:15:01 [prepare checkout] begins',
    '10:15:02 [prepare checkout] done, 1.0 s',
    '10:15:03 [ 5/14 hooks-pre-pull] begins',
    '10:15:04 [ 5/14 hooks-pre-pull] done, 1.0 s, none',
    '10:15:05 [10/14 migrate] begins',
    '10:15:06 [10/14 migrate] Running migrations...',
    '10:15:07 [10/14 migrate] $ migrate: 005.mjs',
    '10:15:08 [10/14 migrate] done, 3.0 s',
    '10:15:09 [undo checkout] begins',
    '10:15:10 [undo checkout] Checked out v0.1.0 again',
    '10:15:11 [undo checkout] done, 2.0 s',
    '10:15:12 == rolled_back',
    '         | one\n         | two',
  ]);
});

it('is the same on a pipe', () => {
  const [log, stream] = [createLogRenderer(), createPlainRenderer()];
  for (const item of items) expect(stream.render(item, 0)).toBe(log.render(item));
});

it('says nothing of events that have nothing to say', () => {
  const [event] = journal({ type: 'memo', key: 'a', value: 1 });
  if (event === undefined) throw new Error('there is one');
  expect(createPlainRenderer().render({ event }, 0)).toBeNull();
});
