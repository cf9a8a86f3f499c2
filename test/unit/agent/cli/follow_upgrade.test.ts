// Following an upgrade: what is new is shown, and the first new end is the end.
import { describe, expect, it } from 'vitest';
import { followUpgrade } from '../../../../agent/cli/follow_upgrade.js';
import type { StreamItem } from '../../../../shared/model/stream_item.js';
import type { Event } from '../../../../shared/model/events.js';
import type { AgentFrame } from '../../../../shared/wire/protocol.js';
import { begin, command, finish, journal } from '../../shared/terminal/streams.js';

type StreamFrame = Extract<AgentFrame, { type: 'stream' }>;

/** Follows these frames, after which the agent is silent for good. */
async function follow(frames: readonly StreamFrame[], options: { after: number; showsAll?: boolean }) {
  const shown: StreamItem[] = [];
  const events: Event[] = [];
  let isLeft = false;
  const connection = {
    async *follow() {
      try {
        yield* frames;
        throw new Error('waited for more');
      } finally {
        isLeft = true;
      }
    },
  };
  const { signal } = new AbortController();
  await followUpgrade({ connection, id: 'u1', signal, events, onItem: (item) => shown.push(item), ...options });
  const names = shown.map((item) => ('output' in item ? item.output.text : `${item.event.n} ${item.event.type}`));
  return { shown: names, count: events.length, isLeft };
}

const eventFrames = (events: readonly Event[]): StreamFrame[] =>
  events.map((event) => ({ type: 'stream', upgrade: 'u1', item: { event } }));
const output = (key: string, text: string): StreamFrame => ({
  type: 'stream',
  upgrade: 'u1',
  item: { output: { key, at: 0, next: text.length, text } },
});

describe('following', () => {
  it('shows a new upgrade from its beginning to its end, and stops listening', async () => {
    const [first, second, ...rest] = eventFrames(journal(begin, command('a', 'x'), finish('success', 'v0.4.0')));
    if (first === undefined || second === undefined) throw new Error('there are three');
    const frames = [first, second, output('a', 'hello'), ...rest];
    expect(await follow(frames, { after: 0 })).toEqual({
      shown: ['1 begin', '2 command', 'hello', '3 finish'],
      count: 3,
      isLeft: true,
    });
  });

  const rolledBack = journal(
    begin,
    command('old', 'x'),
    finish('success', 'v0.4.0'),
    { type: 'rollback', id: 'r1', restore_database: false },
    command('new', 'y'),
    finish('rolled_back', 'v0.1.0'),
  );
  const frames = [
    ...eventFrames(rolledBack.slice(0, 2)),
    output('old', 'old words'),
    ...eventFrames(rolledBack.slice(2, 5)),
    output('new', 'new words'),
    ...eventFrames(rolledBack.slice(5)),
  ];

  it('passes over an earlier end, and shows only what came after it, below whose stream it is', async () => {
    const { shown, count } = await follow(frames, { after: 3 });
    expect(shown).toEqual(['1 begin', '4 rollback', '5 command', 'new words', '6 finish']);
    expect(count).toBe(6);
  });

  it('shows the old stream too where that is wanted', async () => {
    const { shown } = await follow(frames, { after: 3, showsAll: true });
    expect(shown).toContain('old words');
    expect(shown.at(-1)).toBe('6 finish');
  });

  it('ends at the first end where there is no older stream', async () => {
    expect((await follow(frames, { after: 0 })).shown.at(-1)).toBe('3 finish');
  });
});
