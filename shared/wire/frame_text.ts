// The text of a WebSocket message, whichever way the library holds it.
import { Buffer } from 'node:buffer';
import type { RawData } from 'ws';

export function frameText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
