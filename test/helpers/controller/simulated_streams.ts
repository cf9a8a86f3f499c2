// The streams of a simulated agent's journals: announced, asked for, sent in order.
import type { Event } from '../../../shared/model/journal/events.js';
import { maxStreams, type AgentFrame, type Position } from '../../../shared/wire/protocol.js';

export interface SimulatedStreams {
  /** A journal has more than before. */
  tell(id: string): void;
  /** Sends what the controller does not have. */
  send(positions: readonly Position[]): void;
  /** All that there is, as after `welcome`. */
  announceAll(): void;
  /** Another connection: nothing is asked for. */
  reset(): void;
}

export function createSimulatedStreams(
  journals: ReadonlyMap<string, readonly Event[]>,
  write: (frame: AgentFrame) => void,
): SimulatedStreams {
  /** How many events were sent of each stream that the controller has open. */
  const sent = new Map<string, number>();
  let hasAnnounced = false;

  function pump(id: string): void {
    const events = journals.get(id) ?? [];
    for (const event of events.slice(sent.get(id) ?? 0)) {
      write({ type: 'stream', upgrade: id, item: { event } });
      sent.set(id, event.n);
    }
    // With its end the controller closes the stream; what follows is announced again.
    if (events.at(-1)?.type === 'finish') sent.delete(id);
  }

  return {
    tell(id) {
      if (!hasAnnounced) return;
      if (sent.has(id)) return pump(id);
      const events = journals.get(id)?.length ?? 0;
      write({ type: 'streams', streams: [{ upgrade: id, events }] });
    },
    send(positions) {
      for (const { upgrade, events } of positions) {
        if (events >= (journals.get(upgrade)?.length ?? 0)) continue;
        sent.set(upgrade, events);
        pump(upgrade);
      }
    },
    announceAll() {
      const heads = [...journals].map(([upgrade, events]) => ({ upgrade, events: events.length }));
      do {
        const streams = heads.splice(0, maxStreams);
        write({ type: 'streams', streams, ...(heads.length === 0 ? { is_last: true } : {}) });
      } while (heads.length > 0);
      hasAnnounced = true;
    },
    reset() {
      sent.clear();
      hasAnnounced = false;
    },
  };
}
