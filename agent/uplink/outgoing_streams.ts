// The streams of one connection to a controller: which upgrade's is being sent, and which was sent to its end.
import type { Position } from '../../shared/wire/protocol.js';
import { sendStream, type StreamSending } from '../session/send_stream.js';

export interface OutgoingStreams {
  /** Sends what comes after these positions, unless it is being sent already or was sent to there. */
  send(positions: readonly Position[]): void;
  /** An upgrade goes on after its end: what was sent of it is no longer all. */
  renew(upgrade: string): void;
}

export interface StreamsOptions extends StreamSending {
  isUnderWay: (upgrade: string) => boolean;
  /** Called with an upgrade whose stream could not be sent; its stream ends there. */
  onError: (upgrade: string, error: unknown) => void;
  /** Called with an upgrade that went on while the end of its stream was sent: it is still to be announced. */
  onRenewed: (upgrade: string) => void;
}

interface OutgoingStream {
  isSent: boolean;
  /** It was renewed while it was being sent. */
  isRenewed: boolean;
  end: Position;
}

/** None sent yet. */
export function createOutgoingStreams({ isUnderWay, onError, onRenewed, ...sending }: StreamsOptions): OutgoingStreams {
  const streams = new Map<string, OutgoingStream>();
  /** Old streams go one after the other, so that a new controller's interest in all of them fits into memory. */
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
    if (isUnderWay(from.upgrade)) {
      void run(stream);
      return;
    }
    old = runAfter(old, stream);
  }

  async function runAfter(before: Promise<void>, stream: OutgoingStream): Promise<void> {
    await before;
    const sent = run(stream);
    // One that was taken up again while it waited may now take its time.
    if (!isUnderWay(stream.end.upgrade)) await sent;
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
  };
}
