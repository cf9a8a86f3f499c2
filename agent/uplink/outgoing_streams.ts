// The streams of one connection to a controller: the ones being sent, and the ones sent to their end.
import type { Position } from '../../shared/wire/protocol.js';
import { createPendingWork } from './pending_work.js';
import { sendStream, type StreamSending } from '../session/send_stream.js';

export interface OutgoingStreams {
  /** Sends the stream after these positions, unless it is being sent or was already sent to its end. */
  send(positions: readonly Position[]): void;
  /** An upgrade continues after its end (a rollback): its stream is no longer complete. */
  renew(upgrade: string): void;
  /** True for one that is being sent, or was sent to its end. */
  has(upgrade: string): boolean;
  /** Resolves when none is being sent. Those of running upgrades are until these end. */
  idle(): Promise<void>;
}

export interface StreamsOptions extends StreamSending {
  isActive: (upgrade: string) => boolean;
  /** Called with an upgrade whose stream could not be sent; its stream ends there. */
  onError: (upgrade: string, error: unknown) => void;
  /** Called with an upgrade that continued while the end of its stream was sent: announce it again. */
  onRenewed: (upgrade: string) => void;
}

interface OutgoingStream {
  isSent: boolean;
  /** It was renewed while it was being sent. */
  isRenewed: boolean;
  end: Position;
}

/** None sent yet. */
export function createOutgoingStreams({ isActive, onError, onRenewed, ...sending }: StreamsOptions): OutgoingStreams {
  const streams = new Map<string, OutgoingStream>();
  const sends = createPendingWork();
  /** Old streams are sent one after the other, to save memory when a new controller asks for all of them. */
  let old: Promise<void> = Promise.resolve();

  async function run(stream: OutgoingStream): Promise<void> {
    const { upgrade } = stream.end;
    try {
      stream.end = await sendStream(sending, stream.end);
      stream.isSent = true;
      if (!stream.isRenewed) return;
      streams.delete(upgrade);
      onRenewed(upgrade);
    } catch (error) {
      streams.delete(upgrade);
      if (!sending.signal.aborted) onError(upgrade, error);
    }
  }

  function begin(from: Position): void {
    const stream = { isSent: false, isRenewed: false, end: from };
    streams.set(from.upgrade, stream);
    if (isActive(from.upgrade)) {
      sends.add(run(stream));
      return;
    }
    old = runAfter(old, stream);
    sends.add(old);
  }

  async function runAfter(before: Promise<void>, stream: OutgoingStream): Promise<void> {
    await before;
    const sent = run(stream);
    sends.add(sent);
    // A stream that was reopened while it waited is live now and may take long.
    if (!isActive(stream.end.upgrade)) await sent;
  }

  return {
    send(positions) {
      for (const position of positions) {
        const stream = streams.get(position.upgrade);
        if (stream === undefined || (stream.isSent && stream.end.events !== position.events)) begin(position);
      }
    },
    renew(upgrade) {
      const stream = streams.get(upgrade);
      if (stream === undefined) return;
      if (stream.isSent) streams.delete(upgrade);
      else stream.isRenewed = true;
    },
    has: (upgrade) => streams.has(upgrade),
    idle: () => sends.idle(),
  };
}
