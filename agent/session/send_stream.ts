// Sends an upgrade's stream to a client, frame by frame.
import type { AgentFrame, Position } from '../../shared/wire/protocol.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';

/** The stream from a position on, to its end or to what exists. */
export type OpenStream = (
  upgrade: string,
  from: Omit<Position, 'upgrade'>,
  signal: AbortSignal,
) => AsyncIterable<StreamItem>;

export interface StreamSending {
  openStream: OpenStream;
  /** Resolves when the socket has taken the frame. */
  send: (frame: AgentFrame) => Promise<void>;
  signal: AbortSignal;
}

/** Returns the position where the stream ended; rejects with the signal's reason. */
export async function sendStream({ openStream, send, signal }: StreamSending, from: Position): Promise<Position> {
  const { upgrade } = from;
  const outputs = { ...from.outputs };
  let { events } = from;
  for await (const item of openStream(upgrade, { events, outputs: from.outputs }, signal)) {
    signal.throwIfAborted();
    await send({ type: 'stream', upgrade, item });
    if ('output' in item) outputs[item.output.key] = item.output.next;
    else events = item.event.n;
    if ('event' in item && item.event.type === 'exit') delete outputs[item.event.key];
  }
  return { upgrade, events, outputs };
}
