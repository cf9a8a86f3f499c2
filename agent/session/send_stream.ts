// Tells an upgrade's story to a listener, frame by frame.
import type { AgentFrame, AgentFrameOf, Position } from '../../shared/wire/protocol.js';
import type { StoryItem } from '../../shared/model/stream_item.js';

/** The story from a position on, to its end or as far as it goes. */
export type OpenStory = (
  upgrade: string,
  from: Omit<Position, 'upgrade'>,
  signal: AbortSignal,
) => AsyncIterable<StoryItem>;

export interface Telling {
  openStory: OpenStory;
  /** Resolves when the frame is on its way. */
  send: (frame: AgentFrame) => Promise<void>;
  signal: AbortSignal;
}

/** Returns the position where the story ended; rejects with the signal's reason. */
export async function tellUpgrade({ openStory, send, signal }: Telling, from: Position): Promise<Position> {
  const { upgrade } = from;
  const outputs = { ...from.outputs };
  let { events } = from;
  for await (const item of openStory(upgrade, { events, outputs: from.outputs }, signal)) {
    signal.throwIfAborted();
    await send(frameOf(upgrade, item));
    if (item.is === 'output') outputs[item.key] = item.next;
    else events = item.event.n;
    if (item.is === 'event' && item.event.type === 'exit') delete outputs[item.event.key];
  }
  return { upgrade, events, outputs };
}

function frameOf(upgrade: string, item: StoryItem): AgentFrameOf<'stream'> {
  if (item.is === 'output') {
    const { key, at, next, text } = item;
    return { type: 'stream', upgrade, output: { key, at, next, text } };
  }
  // The configuration holds the tenant's secrets, and stays on the host.
  const event = item.event.type === 'begin' ? { ...item.event, config: null } : item.event;
  return { type: 'stream', upgrade, event };
}
