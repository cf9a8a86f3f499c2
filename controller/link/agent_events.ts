// What the link hands over: everything that agents say, after it was found to be well-formed.
import type { AgentFrameOf } from '../../shared/wire/protocol.js';
import type { Report } from '../../shared/model/report.js';
import type { IncomingStream } from '../store/sqlite/incoming_stream.js';

export interface AgentEvents {
  /** A host has connected; resolves when that is stored. */
  arrive(hello: AgentFrameOf<'hello'>, agreedVersion: number): Promise<void>;
  /** It may be told things now: whatever it owes is offered. */
  welcome(host: string): Promise<void>;
  leave(host: string): Promise<void>;
  report(host: string, report: Report): Promise<void>;
  /** Of the upgrades that a host has, those whose streams are wanted. */
  findWanted(host: string, streams: AgentFrameOf<'streams'>['streams']): string[];
  openStream(host: string, upgrade: string): Promise<IncomingStream>;
  answer(host: string, answer: AgentFrameOf<'answer'>): Promise<void>;
}
