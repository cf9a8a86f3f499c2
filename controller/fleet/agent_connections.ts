// What the fleet needs of the connections to agents: whether a host is connected, and to send it frames.
import type { AgentFrameOf, ControllerFrame } from '../../shared/wire/protocol.js';

export type Answer = AgentFrameOf<'answer'> | AgentFrameOf<'plan_result'>;

export interface AgentConnections {
  isConnected(host: string): boolean;
  /** Sends a frame, without waiting; false where the host is offline. */
  send(host: string, frame: ControllerFrame): boolean;
  /** Sends a frame and resolves with its answer. Throws AppError `offline`; rejects when `signal` aborts. */
  request(host: string, frame: Extract<ControllerFrame, { request_id: string }>, signal: AbortSignal): Promise<Answer>;
}
