// The fleet's port to the connected agents: which hosts are connected, and how to send them frames.
import type { AgentFrameOf, ControllerFrame, WaitingState } from '../../shared/wire/protocol.js';

export type Answer = AgentFrameOf<'answer'> | AgentFrameOf<'plan_result'>;

export interface AgentConnections {
  isConnected(host: string): boolean;
  /** How far the host says, over its present connection, that an upgrade is which has not begun; or null. */
  stateOf(host: string, upgrade: string): WaitingState | null;
  /** Sends a frame, which may be encoded already, and does not wait; false when the host is offline. */
  send(host: string, frame: ControllerFrame | string): boolean;
  /** Sends a frame and resolves with its answer. Throws AppError `offline`; rejects when `signal` aborts. */
  request(host: string, frame: Extract<ControllerFrame, { request_id: string }>, signal: AbortSignal): Promise<Answer>;
}
