// Pauses the reading of one agent's socket while anything asks for it. The kernel then slows the agent down.
import type { WebSocket } from '../../shared/wire/websocket.js';

/** What may ask for a pause: frames that are not handled yet, or items that are not stored yet. */
export type Hold = 'unhandled' | 'unstored';

export interface SocketFlow {
  /** Asks for a pause, or no longer. The socket is read while nothing asks. May be called again. */
  hold(what: Hold, isHeld: boolean): void;
}

/** Nothing asks at first. */
export function createSocketFlow(socket: WebSocket): SocketFlow {
  const held = { unhandled: false, unstored: false };
  return {
    hold(what, isHeld) {
      if (held[what] === isHeld) return;
      held[what] = isHeld;
      if (held.unhandled || held.unstored) socket.pause();
      else socket.resume();
    },
  };
}
