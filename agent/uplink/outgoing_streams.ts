// The streams of one connection to a controller: which upgrade is being told, and which has been told to its end.
import type { Position } from '../../shared/wire/protocol.js';
import { sendStream, type StreamSending } from '../session/send_stream.js';

export interface OutgoingStreams {
  /** Tells what comes after these positions, unless it is being told already or was told to there. */
  send(positions: readonly Position[]): void;
  /** An upgrade goes on after its end: what was told of it is no longer all. */
  renew(upgrade: string): void;
}

export interface StreamsOptions extends StreamSending {
  isUnderWay: (upgrade: string) => boolean;
  /** Called with an upgrade whose stream could not be told; its stream ends there. */
  onError: (upgrade: string, error: unknown) => void;
  /** Called with an upgrade that went on while the end of its stream was told: the controller has still to hear of that. */
  onRenewed: (upgrade: string) => void;
}

interface OutgoingStream {
  isTold: boolean;
  /** It was renewed while it was being told. */
  isRenewed: boolean;
  end: Position;
}

export function createOutgoingStreams({ isUnderWay, onError, onRenewed, ...telling }: StreamsOptions): OutgoingStreams {
  const streams = new Map<string, OutgoingStream>();
  /** Old streams go one after the other, so that a new controller's interest in all of them fits into memory. */
  let old: Promise<void> = Promise.resolve();

  async function run(stream: OutgoingStream): Promise<void> {
    const { upgrade } = stream.end;
    try {
      stream.end = await sendStream(telling, stream.end);
      stream.isTold = true;
      if (!stream.isRenewed) return;
      streams.delete(upgrade);
      onRenewed(upgrade);
    } catch (error) {
      streams.delete(upgrade);
      if (!telling.signal.aborted) onError(upgrade, error);
    }
  }

  function begin(from: Position): void {
    const stream = { isTold: false, isRenewed: false, end: from };
    streams.set(from.upgrade, stream);
    if (isUnderWay(from.upgrade)) {
      void run(stream);
      return;
    }
    old = runAfter(old, stream);
  }

  async function runAfter(before: Promise<void>, stream: OutgoingStream): Promise<void> {
    await before;
    const telling = run(stream);
    // One that was taken up again while it waited may now take its time.
    if (!isUnderWay(stream.end.upgrade)) await telling;
  }

  return {
    send(positions) {
      for (const position of positions) {
        const stream = streams.get(position.upgrade);
        if (stream === undefined || (stream.isTold && stream.end.events !== position.events)) begin(position);
      }
    },
    renew(upgrade) {
      const stream = streams.get(upgrade);
      if (stream === undefined) return;
      if (stream.isTold) streams.delete(upgrade);
      else stream.isRenewed = true;
    },
  };
}
