// Following an upgrade through the agent: all of its stream, to the request's own end.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { followLocally } from '../../../../agent/cli/follow_locally.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import type { Event } from '../../../../shared/model/journal/events.js';
import type { Result } from '../../../../shared/model/result.js';
import { systemClock } from '../../../../shared/os/clock.js';
import type { StreamItem } from '../../../../shared/model/journal/stream_item.js';
import type { Started, Waiting } from '../../../../shared/terminal/operations.js';
import type { AgentFrame } from '../../../../shared/wire/protocol.js';
import { begin, command, finish, journal } from '../../shared/terminal/streams.js';

type StreamFrame = Extract<AgentFrame, { type: 'stream' }>;

/** Follows these frames, after which the agent is silent for good. */
async function follow(frames: readonly StreamFrame[], isOwn: Started['isOwn']) {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = stateFolder(folder);
  mkdirSync(state.upgrades);
  const left: string[] = [];
  const connection = {
    async *follow() {
      try {
        yield* frames;
        throw new Error('waited for more');
      } finally {
        left.push('left');
      }
    },
    close: () => void left.push('closed'),
  };
  const followed = {
    host: { config: { max_concurrent: 1 }, state, agentUid: 0, clock: systemClock },
    started: { id: 'u1', tenant: 'testsite', isOwn },
    isRequested: true,
    connect: async () => connection,
  };
  const waits: (Waiting | null)[] = [];
  const { signal } = new AbortController();
  const items = followLocally(followed, { live: true, signal, onWaiting: (waiting) => waits.push(waiting) });
  const shown: StreamItem[] = [];
  let result: Result | null = null;
  while (result === null) {
    const { done, value } = await items.next();
    if (done === true) result = value;
    else shown.push(value);
  }
  const names = shown.map((item) => ('output' in item ? item.output.text : `${item.event.n} ${item.event.type}`));
  return { shown: names, status: result.status, left, waits };
}

const eventFrames = (events: readonly Event[]): StreamFrame[] =>
  events.map((event) => ({ type: 'stream', upgrade: 'u1', item: { event } }));
const output = (key: string, text: string): StreamFrame => ({
  type: 'stream',
  upgrade: 'u1',
  item: { output: { key, at: 0, next: text.length, text } },
});

describe('following', () => {
  it('gives a new upgrade from its beginning to its end, and stops listening', async () => {
    const [first, second, ...rest] = eventFrames(journal(begin, command('a', 'x'), finish('success', 'v0.4.0')));
    if (first === undefined || second === undefined) throw new Error('there are three');
    const frames = [first, second, output('a', 'hello'), ...rest];
    expect(await follow(frames, () => true)).toMatchObject({
      shown: ['1 begin', '2 command', 'hello', '3 finish'],
      status: 'success',
      left: ['left', 'closed'],
    });
  });

  it('says what an upgrade waits for that has not begun, until it has', async () => {
    const frames = eventFrames(journal(begin, finish('success', 'v0.4.0')));
    const { waits } = await follow(frames, () => true);
    expect(waits[0]).toEqual({ text: 'checking testsite', isLong: false });
    expect(waits.at(-1)).toBeNull();
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

  it('passes an earlier end, and ends at the first one after the event that is its own', async () => {
    const { shown, status } = await follow(frames, (event) => event.type === 'rollback' && event.id === 'r1');
    expect(shown).toContain('old words');
    expect(shown.slice(-3)).toEqual(['5 command', 'new words', '6 finish']);
    expect(status).toBe('rolled_back');
  });

  it('ends at the first end where every event is its own', async () => {
    const { shown, status } = await follow(frames, () => true);
    expect(shown.at(-1)).toBe('3 finish');
    expect(status).toBe('success');
  });
});
