// What the fleet needs of the link: whether a host is there, and to tell it things.
import type { ControllerFrame } from '../../shared/wire/protocol.js';
import type { Answer } from '../link/requests.js';

export interface AgentConnections {
  isConnected(host: string): boolean;
  /** False where the host is away. */
  send(host: string, frame: ControllerFrame): boolean;
  /** Throws AppError `offline`; rejects when `signal` aborts. */
  request(host: string, frame: Extract<ControllerFrame, { request_id: string }>, signal: AbortSignal): Promise<Answer>;
}
